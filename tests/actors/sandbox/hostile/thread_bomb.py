# expect: process_limit
# short
# level: namespaces landlock limits=ordinary
import threading
import time

while True:
    threading.Thread(target=time.sleep, args=(60,)).start()
