# expect: process_limit
# wall: 1.2
# level: namespaces landlock limits=ordinary
import threading
import time

while True:
    threading.Thread(target=time.sleep, args=(60,)).start()
