"""Writes packages/autograd/test/golden/distances.json. Run: python3 tools/golden/distances.py (PyTorch 1.13 or later)"""

import math

import torch
from torch.nn import functional as F

from functions import Cases

cases = Cases(29)
add, normal = cases.add, cases.normal
written = lambda p: "Infinity" if math.isinf(p) else p

for p in (1, 2, 3, 0.5, math.inf):
    a, b = normal(3, 4), normal(3, 4)
    b[1] = a[1]
    option = {"p": written(p)}
    add("cdist", lambda x, y: torch.cdist(x, y, p), [a, normal(2, 4)], ["$0", "$1", option])
    add("cdist", lambda x, y: torch.cdist(x, y, p), [normal(2, 2, 3), normal(1, 3, 3)], ["$0", "$1", option])
    add("pdist", lambda x: torch.pdist(x, p), [normal(4, 3)], ["$0", option])
    if p >= 1:
        add("cdist", lambda x, y: torch.cdist(x, y, p), [a, b], ["$0", "$1", option])
        add("pdist", lambda x: torch.pdist(x, p), [torch.cat([a, a[:1]])], ["$0", option])
    # Where the largest difference decides, sums are to be exact.
    eps = {"eps": 2.0**-10} if math.isinf(p) else {}
    add("pairwiseDistance", lambda x, y: F.pairwise_distance(x, y, p, **eps), [a, b], ["$0", "$1", {**option, **eps}])
    add("pairwiseDistance", lambda x, y: F.pairwise_distance(x, y, p, 0.5, True), [a, normal(4)], ["$0", "$1", {**option, "eps": 0.5, "keepDims": True}])
# Rows that are nearly alike: a product of matrices would lose their distance.
near = normal(8, 3) * 2.0**-12 + 8
add("cdist", lambda x, y: torch.cdist(x, y), [near[:4], near[4:8]], ["$0", "$1"])
add("cdist", lambda x, y: torch.cdist(x, y), [torch.zeros(0, 3), torch.zeros(2, 3)], ["$0", "$1"], gradient=False)
add("pdist", torch.pdist, [torch.zeros(1, 3)], gradient=False)

for axis in (0, 1, -1):
    add("cosineSimilarity", lambda x, y: F.cosine_similarity(x, y, axis), [normal(3, 4), normal(3, 4)], ["$0", "$1", {"axis": axis}])
add("cosineSimilarity", lambda x, y: F.cosine_similarity(x, y), [normal(2, 3, 2), normal(3, 2)], ["$0", "$1"])
zero = normal(3, 2)
zero[1] = 0
add("cosineSimilarity", lambda x, y: F.cosine_similarity(x, y, eps=1.5), [zero, normal(3, 2)], ["$0", "$1", {"eps": 1.5}])

for p in (1, 2, 3, math.inf):
    add("normalize", lambda x: F.normalize(x, p), [normal(3, 4)], ["$0", {"p": written(p)}])
add("normalize", lambda x: F.normalize(x, dim=-1), [normal(2, 3, 2)], ["$0", {"axis": -1}])
# A vector of zeros, and one that is shorter than ε.
add("normalize", F.normalize, [zero])
add("normalize", lambda x: F.normalize(x, eps=4.0), [zero], ["$0", {"eps": 4}])
cases.write("distances")
