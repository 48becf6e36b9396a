# expect: wall_limit
# wall: 1.2
import threading

threading.Thread(target=threading.Event().wait).start()
