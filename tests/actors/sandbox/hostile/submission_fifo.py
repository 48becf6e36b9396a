# expect: ok
# submission: refused
import os

os.mkfifo("submission.csv")
