# expect: disk_limit|cpu_limit|wall_limit
# wall: 1.2
number = 0
while True:
    number += 1
    open(f"f{number}", "w").close()
