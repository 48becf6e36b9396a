# expect: disk_limit
with open("huge", "wb") as file:
    while True:
        file.write(bytes(8 << 20))
