# expect: ok limits=forbidden
import json
import os

path = json.load(open("targets.json"))["answers"][0]
for pid in [p for p in os.listdir("/proc") if p.isdigit()] + ["self"]:
    for way in ("root", "cwd"):
        try:
            print("LEAK", pid, way, open(f"/proc/{pid}/{way}{path}").read())
        except OSError:
            pass
