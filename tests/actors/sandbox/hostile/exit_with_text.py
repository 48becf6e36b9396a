# expect: failed
import sys

sys.exit("no such column")
