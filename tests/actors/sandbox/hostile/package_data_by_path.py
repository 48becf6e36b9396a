# expect: ok limits=forbidden
import pathlib

import sklearn
import statsmodels

for package in (sklearn, statsmodels):
    for path in pathlib.Path(package.__file__).parent.joinpath("datasets").rglob("*"):
        if path.suffix in (".csv", ".gz", ".jpg", ".dat") and "tests" not in path.parts:
            try:
                print("LEAK", path, len(path.read_bytes()))
            except OSError:
                pass
