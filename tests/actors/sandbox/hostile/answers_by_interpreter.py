# expect: ok limits=forbidden
# needs: listener
import subprocess
import sys

code = "import json; print('LEAK', open(json.load(open('targets.json'))['answers'][0]).read())"
done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True)
print(done.stdout)
