# expect: failed
# level: namespaces landlock limits=ordinary
import os
import signal

os.kill(-1, signal.SIGKILL)
