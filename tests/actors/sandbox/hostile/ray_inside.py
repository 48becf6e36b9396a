# expect: failed|wall_limit|signal|process_limit|memory_limit
# wall: 2
import os

os.environ["RAY_ADDRESS"] = "127.0.0.1:6379"
import ray

ray.init(address="auto", logging_level="ERROR")
print("LEAK", ray.nodes())
