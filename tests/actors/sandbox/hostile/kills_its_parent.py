# expect: failed limits=lost|signal|failed
import os
import signal

os.kill(os.getppid(), signal.SIGKILL)
