# expect: ok
# level: namespaces landlock
import os

for folder in ("/tmp", "/dev/shm", "..", "/fivestar", "/fivestar/slot", os.environ["TMPDIR"]):
    try:
        open(os.path.join(folder, "psm_left_behind"), "w").write("a message to the next run")
    except OSError:
        pass
