# expect: ok
# level: namespaces landlock
import json
import os

targets = json.load(open("targets.json"))["secrets"]  # a token file, a tracking database, a key file
paths = [*targets, "/etc/shadow", "/root/.ssh/id_rsa", os.path.expanduser("~root/.ray/auth_token")]
for path in paths:
    try:
        print("LEAK", path, open(path, "rb").read(10))
    except OSError:
        pass
