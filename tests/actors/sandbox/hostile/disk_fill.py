# expect: disk_limit
number = 0
while True:
    number += 1
    with open(f"part{number}", "wb") as file:
        file.write(bytes(8 << 20))
