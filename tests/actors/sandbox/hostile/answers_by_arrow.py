# expect: ok limits=forbidden
# needs: listener
import json

import pyarrow as pa

try:
    print("LEAK", pa.OSFile(json.load(open("targets.json"))["answers"][0]).read())
except OSError as error:
    print("refused", type(error).__name__)
