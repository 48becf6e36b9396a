# expect: failed|signal|memory_limit
import sys

sys.setrecursionlimit(10**9)


def deeper():
    return [deeper()]


deeper()
