# expect: ok|failed
import os

work = os.getcwd()
try:
    os.rename(work, work + "-moved")
    os.symlink("/etc", work)
except OSError as error:
    print("refused", type(error).__name__)
open("submission.csv", "w").write("id\n1\n")
