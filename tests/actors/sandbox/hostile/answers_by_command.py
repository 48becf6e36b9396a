# expect: ok limits=forbidden
import json
import subprocess

path = json.load(open("targets.json"))["answers"][0]
done = subprocess.run(["cat", path], capture_output=True, text=True)
if done.stdout:
    print("LEAK", done.stdout)
