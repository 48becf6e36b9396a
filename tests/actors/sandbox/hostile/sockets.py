# expect: ok
import json
import socket

targets = json.load(open("targets.json"))["sockets"]
for kind, address in (
    (socket.AF_INET, ("127.0.0.1", targets["tcp"])),
    (socket.AF_INET, ("192.0.2.1", 80)),
    (socket.AF_UNIX, targets["path"]),
    (socket.AF_UNIX, "\0" + targets["abstract"]),
):
    try:
        with socket.socket(kind, socket.SOCK_STREAM) as client:
            client.settimeout(1)
            client.connect(address)
            print("LEAK", address)
    except OSError as error:
        print("refused", type(error).__name__)
try:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"hello", ("127.0.0.1", targets["tcp"]))
        print("LEAK datagram")
except OSError:
    print("refused")
