"""Writes packages/autograd/test/golden/cumulative.json and order.json. Run: python3 tools/golden/order.py (PyTorch 2.0 or later)"""

import math

import torch

from functions import Cases

inf, nan = math.inf, math.nan
cases = Cases(31)
add, normal, integers = cases.add, cases.normal, cases.integers

SHAPES = [((5,), 0), ((1,), 0), ((0,), 0), ((3, 4), 0), ((3, 4), -1), ((2, 3, 4), 1), ((2, 3, 4), -1), ((3, 0), 0), ((0, 3), 0), ((40,), 0)]
special = torch.tensor([1.0, inf, 2.0, -inf, 3.0, nan, 4.0, nan, -1.0])
FUNCTIONS = {
    "cumsum": torch.cumsum,
    "cumprod": torch.cumprod,
    "logCumSumExp": torch.logcumsumexp,
    "cummax": lambda x, axis: [y.int() if i else y for i, y in enumerate(torch.cummax(x, axis))],
    "cummin": lambda x, axis: [y.int() if i else y for i, y in enumerate(torch.cummin(x, axis))],
}
for name, f in FUNCTIONS.items():
    def reversed_(x, axis, f=f):
        results = f(x.flip(axis), axis)
        if isinstance(results, torch.Tensor):
            return results.flip(axis)
        values, indices = results
        return [values.flip(axis), x.shape[axis] - 1 - indices.flip(axis)]

    for shape, axis in SHAPES:
        add(name, lambda x: f(x, axis), [normal(*shape)], ["$0", axis])
        add(name, lambda x: reversed_(x, axis), [normal(*shape)], ["$0", axis, {"reverse": True}])
    add(name, lambda x: f(x, 0), [special], ["$0", 0], gradient=False)
    add(name, lambda x: f(x, 0), [torch.tensor([-inf, -inf, 1.0, -inf, inf, 2.0])], ["$0", 0], gradient=False)
    # Ties and zeros, one and several.
    add(name, lambda x: f(x, 0), [integers(-1, 2, 9).double()], ["$0", 0])
    add(name, lambda x: f(x, 1), [integers(-1, 2, 2, 12).double()], ["$0", 1])
    add(name, lambda x: f(x, 0), [torch.tensor([-0.0, 0.0, -0.0])], ["$0", 0], gradient=False)
    if name != "logCumSumExp":
        small = lambda x, f=f: [y.int() for y in r] if isinstance(r := f(x.long(), 0), (list, tuple)) else r.int()
        add(name, small, [integers(-3, 4, 8)], ["$0", 0])
        add(name, small, [torch.tensor([True, False, True, True])], ["$0", 0])
add("logCumSumExp", lambda x: torch.logcumsumexp(x, 0), [torch.tensor([1000.0, 1000.0, -1000.0, 1001.0, 88.0])], ["$0", 0], gradient=False)
add("logCumSumExp", lambda x: torch.logcumsumexp(x, 0), [torch.tensor([20.0, 20.0, -20.0, 21.0, 8.0])], ["$0", 0])
add("logCumSumExp", lambda x: torch.logcumsumexp(x, 0), [torch.tensor([-1000.0, 0.0, 1000.0, -1e30])], ["$0", 0])
add("cumsum", lambda x: torch.cumsum(x.int(), 0).int(), [torch.tensor([2147483647, 1, 5], dtype=torch.int32)], ["$0", 0])

cases.write("cumulative")

cases = Cases(37)
add, normal, integers = cases.add, cases.normal, cases.integers
values_and_indices = lambda result: [result[0], result[1].int()]
SHAPES = [((7,), 0), ((1,), 0), ((0,), 0), ((5, 4), 0), ((3, 6), -1), ((2, 5, 3), 1), ((2, 3, 5), -1), ((3, 0), 0), ((60,), 0)]
ties = torch.tensor([1.0, -0.0, 0.0, 1.0, nan, -inf, 0.0, inf, nan, -1.0, -0.0, 1.0])
for descending in (False, True):
    option = {"descending": descending}
    for shape, axis in SHAPES:
        add("sort", lambda x: values_and_indices(x.sort(dim=axis, descending=descending, stable=True)), [normal(*shape)], ["$0", axis, option])
        add("argSort", lambda x: x.argsort(dim=axis, descending=descending, stable=True).int(), [normal(*shape)], ["$0", axis, option])
        add("sort", lambda x: values_and_indices(x.sort(dim=axis, descending=descending, stable=True)), [integers(-2, 3, *shape)], ["$0", axis, option])
    add("sort", lambda x: values_and_indices(x.sort(dim=0, descending=descending, stable=True)), [ties], ["$0", 0, option], gradient=False)
    add("argSort", lambda x: x.argsort(dim=0, descending=descending, stable=True).int(), [torch.tensor([True, False, True, False])], ["$0", 0, option])
    extremes = torch.tensor([2147483647, -2147483648, 0, -1, 2147483647, 5], dtype=torch.int32)
    add("argSort", lambda x: x.argsort(dim=0, descending=descending, stable=True).int(), [extremes], ["$0", 0, option])
for largest in (True, False):
    for shape, axis, k in [((7,), 0, 3), ((5, 4), 0, 5), ((3, 6), -1, 1), ((2, 5, 3), 1, 2), ((3, 6), 1, 0), ((80,), 0, 9)]:
        add("topK", lambda x: values_and_indices(x.topk(k, axis, largest=largest)), [normal(*shape) + torch.arange(math.prod(shape)).reshape(shape) / 4096], ["$0", k, {"axis": axis, "largest": largest}])
    add("topK", lambda x: values_and_indices(x.topk(3, 0, largest=largest)), [torch.tensor([1.0, nan, -inf, inf, 2.0])], ["$0", 3, {"axis": 0, "largest": largest}], gradient=False)

cases.write("sorting")

cases = Cases(41)
add, normal, integers = cases.add, cases.normal, cases.integers
distinct = lambda *shape: torch.tensor(cases.random.permutation(math.prod(shape)).reshape(shape) / 8 - 3)


def last_mode(x, axis):
    """The most frequent value, and where it stands last (PyTorch: anywhere)."""
    values = x.mode(axis)[0]
    places = torch.arange(x.shape[axis]).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    return [values, torch.where(x == values.unsqueeze(axis), places, -1).amax(axis).int()]


for shape, axis in [((7,), 0), ((8,), 0), ((1,), 0), ((4, 5), 0), ((3, 6), -1), ((2, 5, 3), 1), ((2, 61), 1)]:
    for keep in (False, True):
        add("median", lambda x: values_and_indices(x.median(axis, keepdim=keep)), [distinct(*shape)], ["$0", axis, {"keepDims": keep}])
    add("median", lambda x: values_and_indices(x.median(axis)), [distinct(*shape).mul(8).int()], ["$0", axis])
    add("mode", lambda x: last_mode(x, axis), [integers(-2, 3, *shape)], ["$0", axis])
add("median", lambda x: values_and_indices(x.median(1)), [torch.tensor([[1.0, nan, 3.0], [inf, -inf, 2.0], [nan, nan, nan]])], ["$0", 1], gradient=False)
for interpolation in ("linear", "lower", "higher", "nearest", "midpoint"):
    option = {"interpolation": interpolation}
    levels = [0, 0.1, 0.25, 0.5, 0.77, 1]
    q = torch.tensor(levels, dtype=torch.double)
    for shape, axis in [((7,), 0), ((8,), 0), ((1,), 0), ((4, 5), 0), ((2, 3, 6), -1), ((50,), 0)]:
        add("quantile", lambda x: x.quantile(q, axis, interpolation=interpolation), [distinct(*shape)], ["$0", levels, axis, option])
    add("quantile", lambda x: x.quantile(0.3, interpolation=interpolation), [distinct(3, 4)], ["$0", 0.3, None, option])
    add("quantile", lambda x: x.quantile(0.5, 1, True, interpolation=interpolation), [distinct(3, 4)], ["$0", 0.5, 1, {**option, "keepDims": True}])
    add("quantile", lambda x: x.quantile(0.5, 1, interpolation=interpolation), [torch.tensor([[1.0, nan, 3.0], [2.0, inf, 1.0]])], ["$0", 0.5, 1, option], gradient=False)

for right in (False, True):
    option = {"right": right}
    lists = [torch.tensor([1.0, 2.0, 2.0, 3.5, 8.0]), torch.tensor([2.0]), torch.zeros(0), normal(37).sort()[0]]
    for one in lists:
        for values in [torch.tensor([0.0, 1.0, 2.0, 2.5, 8.0, 9.0, inf, -inf, nan]), normal(2, 3), torch.zeros(0), torch.tensor(2.0)]:
            add("searchSorted", lambda s, v: torch.searchsorted(s.detach(), v, right=right).int(), [one, values], ["$0", "$1", option], gradient=False)
            add("bucketize", lambda v, s: torch.bucketize(v, s.detach(), right=right).int(), [values, one], ["$0", "$1", option], gradient=False)
    add("searchSorted", lambda s, v: torch.searchsorted(s, v, right=right).int(), [integers(-5, 6, 3, 9).sort()[0], integers(-7, 8, 3, 20)], ["$0", "$1", option])
    add("searchSorted", lambda s, v: torch.searchsorted(s, v, right=right).int(), [integers(-5, 6, 2, 3, 4).sort()[0], integers(-7, 8, 2, 3, 5)], ["$0", "$1", option])

for x in [distinct(20), distinct(3, 5), torch.tensor([2.0, 2.0]), torch.tensor([0.0, 1.0, 1.0, 2.0, 4.0])]:
    for bins in (1, 4, 7):
        add("histogram", lambda x: list(torch.histogram(x, bins)), [x], ["$0", bins], gradient=False)
        add("histogram", lambda x: list(torch.histogram(x, bins, range=(-1.0, 2.0))), [x], ["$0", bins, {"range": [-1, 2]}], gradient=False)
    add("histogram", lambda x, w: list(torch.histogram(x, 4, weight=w)), [x, torch.ones_like(x) * 0.5], ["$0", 4, {"weights": "$1"}], gradient=False)
    add("histogram", lambda x: list(torch.histogram(x, 4, density=True)), [x], ["$0", 4, {"density": True}], gradient=False)
    add("histogram", lambda x, e: list(torch.histogram(x, e)), [x, torch.tensor([-1.0, 0.0, 0.5, 2.0])], ["$0", "$1"], gradient=False)

cases.write("places")
