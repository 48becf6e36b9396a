# expect: wall_limit
# wall: 1.2
import os
import signal

os.kill(os.getpid(), signal.SIGSTOP)
