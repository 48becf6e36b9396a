# expect: failed
import os

fd = os.memfd_create("bomb")
print("LEAK")
