# expect: ok
import builtins
import os
import sys

import numpy as np
import sklearn.metrics

sklearn.metrics.accuracy_score = lambda *_, **__: 1.0
np.ndarray = None
builtins.print = lambda *_: None
os.environ["PATCHED"] = "1"
sys.path.insert(0, "/nowhere")
for module in list(sys.modules):
    if module.startswith(("inside", "json", "sklearn")):
        del sys.modules[module]
