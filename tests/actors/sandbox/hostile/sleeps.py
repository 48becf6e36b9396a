# expect: wall_limit
# wall: 1.2
# says: going to sleep
import time

print("going to sleep")
while True:
    try:
        time.sleep(1000)
    except BaseException:
        pass
