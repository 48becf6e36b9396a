# expect: disk_limit
import os

for _ in range(1200):
    os.mkdir("d")
    os.chdir("d")
os.chmod(".", 0)
