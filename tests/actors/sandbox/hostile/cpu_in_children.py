# expect: cpu_limit|wall_limit
# cpu: 1
import os
import signal

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if os.fork() == 0:
        sum(range(3_000_000))
        os._exit(0)
    sum(range(3_000_000))
