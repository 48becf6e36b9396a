# expect: output_limit
# says: first line
print("first line")
while True:
    print("spam " * 1000)
