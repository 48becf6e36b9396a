# expect: failed limits=lost|wall_limit|ok|signal
# wall: 1.2
import os
import signal
import time

os.kill(os.getppid(), signal.SIGSTOP)
time.sleep(60)
