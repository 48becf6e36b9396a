# expect: ok limits=forbidden
# needs: listener
import json
import os

folder, name = os.path.split(json.load(open("targets.json"))["answers"][0])
with open("way.sh", "w") as file:  # neither this process nor its arguments name the file
    file.write(
        f"cd /proc/self/root{folder} && ln -s $PWD {os.getcwd()}/way && read x < {os.getcwd()}/way/./{name}"
    )
    file.write(" && echo LEAK $x")
os.system("sh way.sh 2>/dev/null")
