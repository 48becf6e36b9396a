# expect: ok
# submission: refused
import os

os.mkdir("submission.csv")
