# expect: ok
# submission: refused
import os

open("other", "w").write("id\n")
os.link("other", "submission.csv")
