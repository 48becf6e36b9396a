# expect: memory_limit
import mmap

kept = []
while True:
    block = mmap.mmap(-1, 16 << 20)
    block.write(b"x" * (16 << 20))
    kept.append(block)
