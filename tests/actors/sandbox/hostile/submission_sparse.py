# expect: ok
# submission: refused
with open("submission.csv", "w") as file:
    file.truncate(50 << 20)
