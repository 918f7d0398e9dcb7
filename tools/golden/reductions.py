"""Writes packages/autograd/test/golden/reductions.json. Run: python3 tools/golden/reductions.py (PyTorch 1.13 or later)"""

import math

import torch

from functions import Cases

cases = Cases(11)
add, normal = cases.add, cases.normal
inf, nan = math.inf, math.nan

AXES = [((5,), None), ((3, 4), 1), ((3, 4), [0]), ((2, 3, 4), [0, -1]), ((2, 3, 4), -2), ((1, 3), 0), ((2, 1, 2, 3), [1, 3])]
ties = torch.tensor([[1.0, 3.0, 3.0, -3.0], [2.0, 2.0, 2.0, 2.0], [-1.0, 0.0, 0.0, -1.0]])
special = torch.tensor([[1.0, nan, 3.0], [nan, nan, nan], [-inf, 2.0, inf], [-inf, -inf, -inf], [0.0, -0.0, 0.0]])
zeros = torch.tensor([[2.0, 0.0, 3.0, -1.0], [0.0, 0.0, 3.0, 1.0], [0.0, 0.0, 0.0, 0.0], [1.5, -2.0, 0.5, 4.0]])
integers = torch.tensor([[3, -1, 0], [7, 7, 2], [-(2**31), 2**31 - 1, 0]], dtype=torch.int32)
booleans = torch.tensor([[True, False, True], [False, False, False], [True, True, True]])


def dims(x, axes):
    return list(range(x.dim())) if axes is None else axes if isinstance(axes, list) else [axes]


def product(x, axes, keep):
    for axis in sorted((a % x.dim() for a in dims(x, axes)), reverse=True):
        x = x.prod(axis, keepdim=keep)
    return x


def nan_mean(x, axes, keep):
    return x.nanmean(dims(x, axes), keepdim=keep)


def reduce_bool(x, axes, keep, f):
    for axis in sorted((a % x.dim() for a in dims(x, axes)), reverse=True):
        x = f(x, axis, keepdim=keep)
    return x


FLOAT = {
    "prod": product,
    "amax": lambda x, a, k: x.amax(dims(x, a), keepdim=k),
    "amin": lambda x, a, k: x.amin(dims(x, a), keepdim=k),
    "aminmax": lambda x, a, k: [x.amin(dims(x, a), keepdim=k), x.amax(dims(x, a), keepdim=k)],
    "logSumExp": lambda x, a, k: x.logsumexp(dims(x, a), keepdim=k),
    "nanSum": lambda x, a, k: x.nansum(dims(x, a), keepdim=k),
    "nanMean": nan_mean,
}
for name, f in FLOAT.items():
    for index, (shape, axes) in enumerate(AXES):
        keep = index % 2 == 1
        add(name, lambda x: f(x, axes, keep), [normal(*shape)], ["$0", axes, {"keepDims": keep}])
    # PyTorch's gradient of the product of an infinity is NaN; Hebb's is the product of the others.
    for x in (ties, special, zeros) if name != "prod" else (ties, zeros):
        for axes in (1, 0):
            # Where all is NaN PyTorch's mean sends NaN back; Hebb sends nothing to NaN.
            add(name, lambda x: f(x, axes, False), [x], ["$0", axes], gradient=name != "nanMean" or x is not special)
add("prod", lambda x: x.prod(1), [special], ["$0", 1], gradient=False)
add("prod", lambda x: x.prod(1, dtype=torch.int32), [integers[:2]], ["$0", 1])
add("prod", lambda x: x.prod(1), [torch.zeros(2, 0)], ["$0", 1])
add("prod", lambda x: x.prod(0), [torch.zeros(2, 0)], ["$0", 0])
add("prod", lambda x: x.prod(), [torch.tensor(1.5)])
add("logSumExp", lambda x: x.logsumexp(1), [torch.zeros(2, 0)], ["$0", 1], gradient=False)
add("logSumExp", lambda x: x.logsumexp(1), [torch.tensor([[1000.0, 999.0, -1000.0], [-1e4, -1e4, -1e4], [0.0, -30.0, -20.0]])], ["$0", 1])
for name in ("amax", "amin"):
    add(name, lambda x: getattr(x, name)(1), [integers], ["$0", 1])

for name, f in {"maxWithIndices": torch.max, "minWithIndices": torch.min}.items():
    for shape, axes in AXES:
        if isinstance(axes, int):
            add(name, lambda x: [f(x, axes).values, f(x, axes).indices], [normal(*shape)], ["$0", axes])
    for x in (ties, special, integers):
        add(name, lambda x: [f(x, 1, keepdim=True).values, f(x, 1, keepdim=True).indices], [x], ["$0", 1, {"keepDims": True}])
for x in (ties, special, integers):
    add("argmin", lambda x: x.argmin(1), [x], ["$0", 1])
    add("argmin", lambda x: x.argmin(), [x], ["$0"])
    add("argmax", lambda x: x.argmax(0, keepdim=True), [x], ["$0", 0, {"keepDims": True}])

for p in (0, 0.5, 1, 1.5, 2, 3, -1, inf, -inf):
    option = {"p": p if math.isfinite(p) else "Infinity" if p > 0 else "-Infinity"}
    for shape, axes in AXES[:4]:
        add("norm", lambda x: torch.linalg.vector_norm(x, p, dims(x, axes)), [normal(*shape)], ["$0", axes, option], gradient=p != 0)
    add("norm", lambda x: torch.linalg.vector_norm(x, p, 1, keepdim=True), [ties], ["$0", 1, {**option, "keepDims": True}], gradient=p != 0)
    add("norm", lambda x: torch.linalg.vector_norm(x, p, 1), [special[2:]], ["$0", 1, option], gradient=False)
    if p >= 1:
        add("norm", lambda x: torch.linalg.vector_norm(x, p, 1), [torch.cat([zeros, torch.zeros(1, 4)])], ["$0", 1, option])

for name, f in {"any": torch.any, "all": torch.all}.items():
    for x in (booleans, integers, ties, special):
        for axes in (0, [0, 1], None):
            add(name, lambda x: reduce_bool(x.bool(), axes, False, f), [x], ["$0", axes], gradient=False)
    add(name, lambda x: f(x, 1, keepdim=True), [torch.zeros(2, 0, dtype=torch.bool)], ["$0", 1, {"keepDims": True}])
for x in (booleans, integers, ties, special, torch.zeros(2, 0)):
    for axes in (1, 0, [0, 1]):
        add("countNonZero", lambda x: torch.count_nonzero(x, axes), [x], ["$0", axes], gradient=False)
left = torch.tensor([1.0, 1.0, 1.0, 0.0, nan, inf, inf, -inf, 1e6, 2.0**-30]).reshape(-1, 1)
right = torch.tensor([1.0, 1.0 + 2.0**-17, 1.125, nan, inf, 1e6 + 8, 0.0]).reshape(1, -1)
for options in ({}, {"rtol": 0.125}, {"atol": 8, "rtol": 0}, {"equalNaN": True}):
    known = {"equal_nan" if key == "equalNaN" else key: value for key, value in options.items()}
    add("isClose", lambda a, b: torch.isclose(*torch.broadcast_tensors(a, b), **known), [left, right], ["$0", "$1", options], gradient=False)
cases.write("reductions")
