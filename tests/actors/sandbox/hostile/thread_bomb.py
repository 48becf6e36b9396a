# expect: process_limit
# wall: 1.2
# needs: listener
import threading
import time

while True:
    threading.Thread(target=time.sleep, args=(60,)).start()
