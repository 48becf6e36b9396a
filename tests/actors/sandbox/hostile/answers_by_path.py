# expect: ok limits=forbidden
import json

for path in json.load(open("targets.json"))["answers"]:
    try:
        print("LEAK", path, open(path).read())
    except OSError as error:
        print("refused", type(error).__name__)
open("submission.csv", "w").write("stolen")
