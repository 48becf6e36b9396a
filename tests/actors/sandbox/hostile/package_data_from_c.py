# expect: ok limits=forbidden
# needs: listener
import ctypes
import os
from importlib.util import find_spec

libc = ctypes.CDLL(None)
folder = os.path.dirname(find_spec("sklearn").origin)
fd = libc.open(os.fsencode(f"{folder}/datasets/data/breast_cancer.csv"), os.O_RDONLY)
if fd >= 0:
    print("LEAK", os.read(fd, 100))
