# expect: process_limit
# level: namespaces landlock limits=ordinary
import os

while True:
    try:
        os.fork()
    except OSError:
        pass
