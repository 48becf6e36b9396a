# expect: disk_limit
# cpu: 15
import os

number = 0
while True:
    number += 1
    with open(f"/dev/shm/psm_hostile{os.getpid()}-{number}", "wb") as file:
        file.write(bytes(32 << 20))
