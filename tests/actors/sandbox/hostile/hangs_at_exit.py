# expect: wall_limit|cpu_limit
# wall: 1.2
import atexit
import time


@atexit.register
def never():
    while True:
        time.sleep(1)
