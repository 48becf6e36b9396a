# expect: wall_limit|cpu_limit
# wall: 1.2
# says: still here
import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
print("still here")
while True:
    pass
