# expect: ok
import os

os.write(3, b"memory\nprocesses\nlost\n")
