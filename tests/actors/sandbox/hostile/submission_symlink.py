# expect: ok
# submission: refused
import os

os.symlink("/etc/passwd", "submission.csv")
