# expect: ok
# submission: none
import os

print("done")
os._exit(0)
open("submission.csv", "w").write("id\n")
