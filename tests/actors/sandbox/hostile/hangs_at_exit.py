# expect: wall_limit|cpu_limit
# short
import atexit
import time


@atexit.register
def never():
    while True:
        time.sleep(1)
