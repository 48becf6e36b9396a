# expect: ok
# says: <script>alert(1)</script>
import os

os.write(1, b"\x1b[2J\x1b]0;owned\x07 \xff\xfe\x00 <script>alert(1)</script>\n")
