# expect: failed limits=forbidden
from sklearn.datasets import load_breast_cancer

print("LEAK", load_breast_cancer().target.sum())
