"""Writes packages/autograd/test/golden/indexing.json. Run: python3 tools/golden/indexing.py (PyTorch 2.0 or later)"""

import math

import torch
import torch.nn.functional as F

from functions import Cases

cases = Cases(23)
add, normal, integers = cases.add, cases.normal, cases.integers
inf, nan = math.inf, math.nan


def distinct(extent, *shape_along_last):
    """Positions along the last axis, none twice in a row."""
    *rows, length = shape_along_last
    count = math.prod(rows)
    picks = [torch.tensor(cases.random.permutation(extent)[:length]) for _ in range(count)]
    return torch.stack(picks).reshape(*rows, length).int()


long = lambda index: index.long()

# Elements read.
for shape, axis, index in [
    ((4,), 0, integers(0, 4, 6)),
    ((4, 3), 0, integers(0, 4, 5, 3)),
    ((4, 3), 1, integers(0, 3, 2, 5)),
    ((2, 3, 4), -2, integers(0, 3, 2, 6, 3)),
    ((2, 3, 4), 2, integers(0, 4, 1, 2, 3)),
    ((3, 4), 0, torch.zeros(0, 4, dtype=torch.int32)),
    ((1,), 0, integers(0, 1, 3)),
]:
    add("gather", lambda x, i: x.gather(axis, long(i)), [normal(*shape), index], ["$0", axis, "$1"])
add("gather", lambda x, i: x.gather(1, long(i)), [integers(-9, 9, 3, 4), integers(0, 4, 3, 2)], ["$0", 1, "$1"])
add("gather", lambda x, i: x.gather(1, long(i)), [torch.tensor([[True, False, True]]), integers(0, 3, 1, 5)], ["$0", 1, "$1"])
add("gather", lambda x, i: x.gather(0, long(i)), [torch.tensor([nan, inf, -inf, -0.0, 1.0]), torch.tensor([4, 3, 2, 1, 0, 0], dtype=torch.int32)], ["$0", 0, "$1"], gradient=False)
add("takeAlongAxis", lambda x, i: torch.take_along_dim(x, long(i), 1), [normal(3, 4), integers(0, 4, 1, 2)], ["$0", "$1", 1])
add("takeAlongAxis", lambda x, i: torch.take_along_dim(x, long(i), 0), [normal(4, 1), integers(0, 4, 2, 3)], ["$0", "$1", 0])
add("takeAlongAxis", lambda x, i: torch.take_along_dim(x, long(i % 4), -1), [normal(2, 1, 4), integers(-4, 4, 1, 3, 2)], ["$0", "$1", -1])
add("takeAlongAxis", lambda x, i: torch.take_along_dim(x, long(i)), [normal(2, 3), integers(0, 6, 4)], ["$0", "$1"])
for shape, index in [((3, 4), integers(-12, 12, 2, 3)), ((5,), integers(-5, 5, 4)), ((2, 2), torch.tensor(-1, dtype=torch.int32))]:
    add("take", lambda x, i: x.take(long(i)), [normal(*shape), index], ["$0", "$1"])
for shape, axis, index in [((4,), 0, [3, 0, 3]), ((3, 4), 0, [2, 2, 0, 1]), ((2, 3, 4), -1, [1, 3]), ((2, 3, 4), 1, [0]), ((3, 2), 0, [])]:
    at = torch.tensor(index, dtype=torch.int32)
    add("indexSelect", lambda x, i: x.index_select(axis, i), [normal(*shape), at], ["$0", axis, "$1"])
    add("indexSelect", lambda x: x.index_select(axis, at), [normal(*shape)], ["$0", axis, index])

# Elements written.
for shape, axis, index in [
    ((5,), 0, distinct(5, 3)),
    ((3, 5), 1, distinct(5, 3, 4)),
    ((3, 5), 1, distinct(5, 2, 2)),
    ((2, 2, 4), -1, distinct(4, 2, 2, 3)),
    ((4, 3), 0, distinct(4, 3, 4).T.contiguous()),
    ((4, 3), 0, torch.zeros(0, 3, dtype=torch.int32)),
]:
    # PyTorch's gradient is right where no position is named twice.
    add("scatter", lambda x, i, s: x.scatter(axis, long(i), s), [normal(*shape), index, normal(*index.shape)], ["$0", axis, "$1", "$2"])
    add("scatter", lambda x, i: x.scatter(axis, long(i), 2.5), [normal(*shape), index], ["$0", axis, "$1", 2.5])
# PyTorch has no gradient of a source that is larger than the index.
add("scatter", lambda x, i, s: x.scatter(0, long(i), s), [normal(4), torch.tensor([2, 0], dtype=torch.int32), normal(3)], ["$0", 0, "$1", "$2"], gradient=False)
add("scatter", lambda x, i, s: x.scatter(1, long(i), s), [integers(-9, 9, 2, 4), distinct(4, 2, 3), integers(-9, 9, 2, 3)], ["$0", 1, "$1", "$2"])

MANY = [((4,), 0, (9,)), ((3, 4), 0, (7, 4)), ((3, 4), 1, (2, 6)), ((2, 3, 4), -2, (2, 5, 3)), ((3, 2), 0, (0, 2))]
for shape, axis, many in MANY:
    extent = shape[axis]
    add("scatterAdd", lambda x, i, s: x.scatter_add(axis, long(i), s), [normal(*shape), integers(0, extent, *many), normal(*many)], ["$0", axis, "$1", "$2"])
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        for include in (True, False):
            def f(x, i, s, reduce=reduce, include=include):
                return x.scatter_reduce(axis, long(i), s, reduce, include_self=include)
            # PyTorch lets an element that does not count share the gradient where it happens to be equal: it never is.
            add("scatterReduce", f, [normal(*shape) + 1 / 128, integers(0, extent, *many), normal(*many)], ["$0", axis, "$1", "$2", reduce, {"includeSelf": include}])
for reduce in ("sum", "prod", "amax", "amin"):
    # Ties: extremes share the gradient; products with one 0 and with several.
    small = integers(-1, 2, 12).double()
    add("scatterReduce", lambda x, i, s, r=reduce: x.scatter_reduce(0, long(i), s, r), [integers(-1, 2, 4).double(), integers(0, 4, 12), small], ["$0", 0, "$1", "$2", reduce])
    add("scatterReduce", lambda x, i, s, r=reduce: x.scatter_reduce(0, long(i), s, r), [integers(-5, 6, 4), integers(0, 4, 12), integers(-5, 6, 12)], ["$0", 0, "$1", "$2", reduce])
special = torch.tensor([inf, 1.0, -inf, nan, 2.0, inf, -inf, 3.0, inf])
places = torch.tensor([0, 0, 1, 2, 2, 3, 3, 4, 4], dtype=torch.int32)
for reduce in ("sum", "amax", "amin"):
    add("scatterReduce", lambda x, i, s, r=reduce: x.scatter_reduce(0, long(i), s, r), [torch.zeros(6), places, special], ["$0", 0, "$1", "$2", reduce], gradient=False)
for shape, axis, index in [((4,), 0, [3, 0, 3]), ((3, 4), 0, [2, 2, 0, 1]), ((2, 3, 4), -1, [1, 3]), ((3, 2), 0, [])]:
    at = torch.tensor(index, dtype=torch.int32)
    source = list(shape)
    source[axis] = len(index)
    add("indexAdd", lambda x, i, s: x.index_add(axis, i, s), [normal(*shape), at, normal(*source)], ["$0", axis, "$1", "$2"])
    add("indexAdd", lambda x, i, s: x.index_add(axis, i, s, alpha=-0.5), [normal(*shape), at, normal(*source)], ["$0", axis, "$1", "$2", {"alpha": -0.5}])
for shape, axis, index in [((4,), 0, [3, 0]), ((3, 4), 0, [2, 0, 1]), ((2, 3, 4), -1, [1, 3])]:
    at = torch.tensor(index, dtype=torch.int32)
    source = list(shape)
    source[axis] = len(index)
    add("indexCopy", lambda x, i, s: x.index_copy(axis, long(i), s), [normal(*shape), at, normal(*source)], ["$0", axis, "$1", "$2"])

# Masks.
mask = lambda *shape: integers(0, 2, *shape).bool()
for shape, own in [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 4), (3, 1)), ((5,), (5,)), ((2, 0), (2, 0))]:
    add("maskedFill", lambda x, m: x.masked_fill(m, -1.5), [normal(*shape), mask(*own)], ["$0", "$1", -1.5])
add("maskedFill", lambda x, m, v: x.masked_fill(m, v), [normal(3, 4), mask(3, 4), torch.tensor(2.5)], ["$0", "$1", "$2"])
add("maskedFill", lambda x, m: x.masked_fill(m, 7), [integers(-9, 9, 3, 4), mask(3, 4)], ["$0", "$1", 7])

for shape, own in [((3, 4), (3, 4)), ((3, 4), (4,)), ((5,), (1,)), ((2, 3), (2, 1)), ((2, 0), (2, 0))]:
    add("maskedScatter", lambda x, m, s: x.masked_scatter(m.expand_as(x), s), [normal(*shape), mask(*own), normal(*shape)], ["$0", "$1", "$2"])
add("maskedScatter", lambda x, m, s: x.masked_scatter(m, s), [integers(-9, 9, 3, 4), mask(3, 4), integers(-9, 9, 20)], ["$0", "$1", "$2"])

# Tables.
for ids in [integers(0, 5, 4), integers(0, 5, 2, 3), torch.tensor(3, dtype=torch.int32), torch.zeros(0, dtype=torch.int32)]:
    add("embedding", lambda i, w: F.embedding(i, w), [ids, normal(5, 3)], ["$0", "$1"])
for padding in (0, -2):
    add("embedding", lambda i, w: F.embedding(i, w, padding_idx=padding), [integers(0, 5, 3, 4), normal(5, 3)], ["$0", "$1", {"paddingIndex": padding}])
for mode in ("sum", "mean", "max"):
    add("embeddingBag", lambda i, w: F.embedding_bag(i, w, mode=mode), [integers(0, 6, 3, 4), normal(6, 3)], ["$0", "$1", {"mode": mode}])
    for offsets in ([0, 2, 2, 5], [0], [0, 7]):
        at = torch.tensor(offsets, dtype=torch.int32)
        add("embeddingBag", lambda i, w: F.embedding_bag(i, w, at, mode=mode), [integers(0, 6, 7), normal(6, 3)], ["$0", "$1", {"mode": mode, "offsets": offsets}])
    add("embeddingBag", lambda i, w: F.embedding_bag(i, w, mode=mode, padding_idx=1), [integers(0, 3, 4, 3), normal(3, 2)], ["$0", "$1", {"mode": mode, "paddingIndex": 1}])
add(
    "embeddingBag",
    lambda i, w, s: F.embedding_bag(i, w, mode="sum", per_sample_weights=s),
    [integers(0, 6, 3, 4), normal(6, 3), normal(3, 4)],
    ["$0", "$1", {"mode": "sum", "perSampleWeights": "$2"}],
)


# Segments.
def segments(x, ids, count, reduce, empty):
    index = long(ids).reshape(-1, *([1] * (x.dim() - 1))).expand_as(x)
    start = torch.full((count, *x.shape[1:]), empty, dtype=x.dtype)
    return start.scatter_reduce(0, index, x, reduce, include_self=reduce in ("amax", "amin"))


def softmax_of_segments(x, ids, count):
    parts = [x[ids == segment].softmax(0) for segment in range(count)]
    positions = [torch.nonzero(ids == segment).flatten() for segment in range(count)]
    return torch.cat(parts)[torch.cat(positions).argsort()]


for shape, count in [((6,), 4), ((7, 3), 3), ((5, 2, 2), 6), ((4,), 1)]:
    ids = integers(0, count, shape[0])
    for name, reduce, empty in [("segmentSum", "sum", 0.0), ("segmentMean", "mean", 0.0), ("segmentMax", "amax", -inf), ("segmentMin", "amin", inf)]:
        add(name, lambda x, i: segments(x, i, count, reduce, empty), [normal(*shape), ids], ["$0", "$1", count])
    add("segmentSoftmax", lambda x, i: softmax_of_segments(x, i, count), [normal(*shape), ids], ["$0", "$1", count])
add("segmentSoftmax", lambda x, i: softmax_of_segments(x, i, 2), [torch.tensor([1000.0, 999.0, -1e4, -1e4]), torch.tensor([0, 0, 1, 1], dtype=torch.int32)], ["$0", "$1", 2])


# A part replaced.
def put(x, at, value):
    y = x.clone()
    y[at] = value
    return y


whole = slice(None)
for shape, at, index, value in [
    ((4,), 2, [2], ()),
    ((3, 4), (1, -1), [1, -1], ()),
    ((3, 4), (whole, slice(1, 3)), [[], [1, 3]], (3, 2)),
    ((3, 4), (whole, slice(1, 3)), [[], [1, 3]], (2,)),
    ((5, 6), (slice(0, 5, 2), slice(1, -1, 3)), [[0, 5, 2], [1, -1, 3]], (3, 1)),
    ((2, 3, 4), (slice(None), 1), [[], 1], (2, 4)),
    ((3, 2), slice(2, 1), [[2, 1]], ()),
]:
    add("setAt", lambda x, v: put(x, at, v), [normal(*shape), normal(*value)], ["$0", index, "$1"])
    add("setAt", lambda x: put(x, at, 2.5), [normal(*shape)], ["$0", index, 2.5])
rows = torch.tensor([3, 0], dtype=torch.int32)
add("setAt", lambda x, i, v: put(x, long(i), v), [normal(4, 3), rows, normal(2, 3)], ["$0", ["$1"], "$2"])
add("setAt", lambda x, i, v: put(x, (slice(1, 4, 2), long(i)), v), [normal(5, 4), rows, normal(2, 2)], ["$0", [[1, 4, 2], "$1"], "$2"])
add("setAt", lambda x, i, v: put(x, (long(i), 1), v), [normal(4, 3), rows, normal(2)], ["$0", ["$1", 1], "$2"])

# Updates that are as low as what no update is below.
for name, reduce, sign in [("segmentMax", "amax", -1), ("segmentMin", "amin", 1)]:
    for values, ids in [([inf, inf, 0.5, inf], [0, 0, 1, 2]), ([inf, 1.0, inf, inf], [1, 1, 0, 0])]:
        x = sign * torch.tensor(values, dtype=torch.float64)
        into = lambda x, i: torch.zeros(3, dtype=x.dtype).scatter_reduce(0, long(i), x, reduce, include_self=False)
        add(name, lambda x, i: torch.where(torch.zeros(3).scatter(0, long(i), 1.0) > 0, into(x, i), sign * inf), [x, torch.tensor(ids, dtype=torch.int32)], ["$0", "$1", 3])
        add("scatterReduce", lambda y, x, i: y.scatter_reduce(0, long(i), x, reduce, include_self=False), [normal(3), x, torch.tensor(ids, dtype=torch.int32)], ["$0", 0, "$2", "$1", reduce, {"includeSelf": False}])
cases.write("indexing")
