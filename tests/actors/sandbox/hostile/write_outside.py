# expect: ok
# level: namespaces landlock
import json
import os
import sysconfig

targets = json.load(open("targets.json"))
paths = [
    *targets["answers"],
    *targets["secrets"],
    targets["folder"] + "/new",
    "/etc/new",
    "/usr/new",
    "/var/tmp/new",
]
paths += [sysconfig.get_path("purelib") + "/new.py", "input/data.csv", "../new", "/fivestar/new"]
for path in paths:
    try:
        open(path, "a").write("x")
        print("LEAK", path)
        os.unlink(path)
    except OSError:
        pass
