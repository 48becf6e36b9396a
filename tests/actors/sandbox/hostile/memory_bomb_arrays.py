# expect: memory_limit
import numpy as np

kept = []
while True:
    kept.append(np.ones(1 << 22))
