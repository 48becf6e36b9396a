# expect: ok
# level: namespaces landlock
import json
import os

for path in json.load(open("targets.json"))["bundles"]:
    for found in (path, os.path.join(os.path.realpath("input"), "..", os.path.basename(path))):
        try:
            print("LEAK", os.listdir(found), open(os.path.join(found, "labels.csv")).read())
        except OSError:
            pass
