# expect: ok
# level: namespaces landlock
import os

for pid in [p for p in os.listdir("/proc") if p.isdigit()]:
    for name in ("environ", "mem", "maps", "fd"):
        try:
            path = f"/proc/{pid}/{name}"
            found = (
                str(os.listdir(path))
                if name == "fd"
                else open(path, "rb").read(1 << 20).decode(errors="replace")
            )
            if "CANARY" in found:
                print("LEAK", path)
        except OSError:
            pass
if any("CANARY" in value for value in os.environ.values()):
    print("LEAK own environment")
