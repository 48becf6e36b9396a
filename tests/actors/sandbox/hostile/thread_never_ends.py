# expect: wall_limit
# short
import threading

threading.Thread(target=threading.Event().wait).start()
