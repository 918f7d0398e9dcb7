"""Writes packages/autograd/test/golden/scalars.json: scalars along the axes 0 and -1, as PyTorch takes them. Run: python3 tools/golden/scalars.py"""

import torch

from functions import Cases

cases = Cases(29)
add, normal = cases.add, cases.normal
zero, zeros, number = torch.tensor(0), torch.tensor([0]), torch.tensor(2.5)
keep = {"keepDims": True}

for axis in (0, -1):
    for name, f in {
        "sum": lambda x: x.sum(axis),
        "mean": lambda x: x.mean(axis),
        "prod": lambda x: x.prod(axis),
        "amax": lambda x: x.amax(axis),
        "amin": lambda x: x.amin(axis),
        "logSumExp": lambda x: x.logsumexp(axis),
        "nanSum": lambda x: x.nansum(axis),
        "nanMean": lambda x: x.nanmean(axis),
        "norm": lambda x: torch.linalg.vector_norm(x, dim=axis),
        "softmax": lambda x: x.softmax(axis),
        "logSoftmax": lambda x: x.log_softmax(axis),
        "cumsum": lambda x: x.cumsum(axis),
        "cumprod": lambda x: x.cumprod(axis),
        "cummax": lambda x: x.cummax(axis),
        "cummin": lambda x: x.cummin(axis),
        "logCumSumExp": lambda x: x.logcumsumexp(axis),
        "sort": lambda x: x.sort(axis),
        "median": lambda x: x.median(axis),
        "mode": lambda x: x.mode(axis),
        "flip": lambda x: x.flip(axis),
        "squeeze": lambda x: x.squeeze(axis),
    }.items():
        add(name, f, [number], ["$0", axis])
    for name, f in {
        "sum": lambda x: x.sum(axis, keepdim=True),
        "maxWithIndices": lambda x: x.max(axis, keepdim=True),
        "minWithIndices": lambda x: x.min(axis, keepdim=True),
        "median": lambda x: x.median(axis, keepdim=True),
        "mode": lambda x: x.mode(axis, keepdim=True),
    }.items():
        add(name, f, [number], ["$0", axis, keep])
    integral = {"argmax": lambda x: x.argmax(axis), "argmin": lambda x: x.argmin(axis), "argSort": lambda x: x.argsort(axis), "countNonZero": lambda x: x.count_nonzero(axis), "any": lambda x: x.any(axis), "all": lambda x: x.all(axis)}
    for name, f in integral.items():
        add(name, f, [number], ["$0", axis], gradient=False)
    add("variance", lambda x: x.var(axis, correction=0), [number], ["$0", axis, {"correction": 0}])
    add("aminmax", lambda x: torch.aminmax(x, dim=axis), [number], ["$0", axis], gradient=False)
    add("topK", lambda x: x.topk(1, axis), [number], ["$0", 1, {"axis": axis}])
    add("quantile", lambda x: x.quantile(0.5, axis), [number], ["$0", 0.5, axis])
    add("quantile", lambda x: x.quantile(torch.tensor([0.5, 1.0], dtype=x.dtype), axis, keepdim=True), [number], ["$0", [0.5, 1], axis, keep])
    add("transpose", lambda x: x.transpose(axis, 0), [number], ["$0", axis, 0])
    add("moveAxis", lambda x: x.movedim(axis, -1), [number], ["$0", axis, -1])
    add("flatten", lambda x: x.flatten(axis, -1), [number], ["$0", axis, -1])
    add("gather", lambda x, i: x.gather(axis, i.long()), [number, zero], ["$0", axis, "$1"])
    add("gather", lambda x, i: x.gather(axis, i.long()), [number, torch.tensor([0, 0])], ["$0", axis, "$1"])
    add("indexSelect", lambda x, i: x.index_select(axis, i), [number, zeros], ["$0", axis, "$1"])
    update, two = torch.tensor(-1.5), torch.tensor([0.5, -1.25])
    add("scatter", lambda x, i, y: x.scatter(axis, i.long(), y), [number, zero, update], ["$0", axis, "$1", "$2"])
    add("scatterAdd", lambda x, i, y: x.scatter_add(axis, i.long(), y), [number, torch.tensor([0, 0]), two], ["$0", axis, "$1", "$2"])
    add("scatterReduce", lambda x, i, y: x.scatter_reduce(axis, i.long(), y, "amax"), [number, zero, update], ["$0", axis, "$1", "$2", "amax"])
    add("indexAdd", lambda x, i, y: x.index_add(axis, i, y), [number, zeros, update], ["$0", axis, "$1", "$2"])
    add("indexCopy", lambda x, i, y: x.index_copy(axis, i, y), [number, zeros, update], ["$0", axis, "$1", "$2"])
cases.write("scalars")
