"""Writes packages/autograd/test/golden/movement.json. Run: python3 tools/golden/movement.py (PyTorch 1.13 or later)"""

import math

import torch
import torch.nn.functional as F

from functions import Cases

cases = Cases(12)
add, normal = cases.add, cases.normal
nan, inf = math.nan, math.inf
special = torch.tensor([[nan, inf, -1.0], [0.0, -inf, nan], [2.0, 3.0, 4.0]])
integers = cases.integers(-9, 10, 3, 4)
booleans = integers > 0

for name, f in {"tril": torch.tril, "triu": torch.triu}.items():
    for offset in (0, 1, -1, 5, -5):
        add(name, lambda x: f(x, offset), [normal(3, 4)], ["$0", offset])
    for x in (normal(2, 4, 3), special, integers, booleans, torch.zeros(0, 3), torch.zeros(3, 0)):
        add(name, f, [x])
for offset in (0, 1, -2, 4):
    add("diag", lambda x: torch.diag(x, offset), [normal(3)], ["$0", offset])
    add("diag", lambda x: torch.diag(x, offset if offset < 4 else 3), [normal(3, 4)], ["$0", offset if offset < 4 else 3])
add("diag", torch.diag, [torch.zeros(0)])
add("diag", torch.diag, [integers[0]])
for shape, arguments in [((3, 4), (0,)), ((3, 4), (2, 1, 0)), ((2, 3, 4), (0, 1, 2)), ((2, 3, 4), (-1, -1, 0)), ((4, 2, 3), (1, 0, -1)), ((2, 0, 3), (0, 1, 2)), ((3, 3), (-3,))]:
    add("diagonal", lambda x: torch.diagonal(x, *arguments), [normal(*shape)], ["$0", *arguments])
add("diagonal", torch.diagonal, [special])
add("diagonal", torch.diagonal, [booleans])

vectors = [normal(2), normal(3), normal(4)]
for count in (1, 2, 3):
    for indexing in ("ij", "xy"):
        add("meshgrid", lambda *v: torch.meshgrid(*v, indexing=indexing), vectors[:count], [[f"${i}" for i in range(count)], {"indexing": indexing}])
add("meshgrid", lambda *v: torch.meshgrid(*v, indexing="ij"), [torch.tensor(2.0), normal(2)], [["$0", "$1"]])
for arguments in [(0, 1, 5), (-3, 7, 11), (2, 2, 1), (5, -5, 4), (0.1, 0.3, 3), (0, 1, 0)]:
    add("linspace", lambda: torch.linspace(*arguments, dtype=torch.float64), [], arguments)
for arguments, base in [((-3, 2, 7), 10), ((0, 10, 11), 2), ((1, 1, 1), 10), ((-30, 30, 5), 10), ((0, -4, 3), math.e)]:
    add("logspace", lambda: torch.logspace(*arguments, base=base, dtype=torch.float64), [], [*arguments, {"base": base}])

for shape, source, destination in [((2, 3, 4), 0, 2), ((2, 3, 4), [0, 1], [-1, 0]), ((2, 3, 4, 5), [3, 1], [0, 2]), ((3,), 0, 0), ((2, 0, 3), 1, 0)]:
    add("moveAxis", lambda x: torch.movedim(x, source, destination), [normal(*shape)], ["$0", source, destination])
for shape, axis, sizes in [((4, 6), 1, [2, 3]), ((4, 6), -1, [-1, 2]), ((4, 6), 0, [4, 1, 1]), ((0, 3), 0, [0, 2])]:
    add("unflatten", lambda x: x.reshape(*x.shape[: axis % 2], *sizes, *x.shape[axis % 2 + 1 :]), [normal(*shape)], ["$0", axis, sizes])
for shape, shifts, axes in [((5,), 2, None), ((3, 4), -3, None), ((3, 4), 5, 1), ((3, 4), [1, -1], [0, 1]), ((2, 3, 4), [4, 0, 2], [2, 1, 0]), ((0, 3), 1, 0), ((3, 2), [1, 1], [0, 0])]:
    add("roll", lambda x: torch.roll(x, shifts) if axes is None else torch.roll(x, shifts, axes), [normal(*shape)], ["$0", shifts, axes])
for turns in (-1, 0, 1, 2, 3, 6):
    add("rot90", lambda x: torch.rot90(x, turns), [normal(2, 3)], ["$0", turns])
add("rot90", lambda x: torch.rot90(x, 1, [2, 0]), [normal(2, 2, 3)], ["$0", 1, [2, 0]])
add("rot90", torch.rot90, [integers])

for shape, sizes, axis in [((5, 2), 2, 0), ((5, 2), [1, 4], 0), ((2, 6), [0, 2, 4], -1), ((4,), 9, 0), ((2, 3), 1, 1)]:
    add("split", lambda x: torch.split(x, sizes, axis), [normal(*shape)], ["$0", sizes, axis])
for shape, chunks, axis in [((7,), 3, 0), ((6, 2), 4, 0), ((2, 5), 2, 1), ((3,), 5, 0)]:
    add("chunk", lambda x: torch.chunk(x, chunks, axis), [normal(*shape)], ["$0", chunks, axis])
add("unbind", torch.unbind, [normal(3, 2)])
add("unbind", lambda x: torch.unbind(x, -1), [normal(2, 1, 3)], ["$0", -1])
for shape, counts in [((3,), [2]), ((3,), [2, 3]), ((2, 2), [1, 3]), ((2, 1), [2, 1, 3]), ((2,), [0]), ((), [2, 2])]:
    add("repeat", lambda x: x.repeat(*counts), [normal(*shape)], ["$0", counts])
for shape, counts in [((2, 3), [2]), ((2, 3), [2, 1]), ((3,), [2, 2]), ((2, 1, 2), [3])]:
    add("tile", lambda x: torch.tile(x, counts), [normal(*shape)], ["$0", counts])
for shape, repeats, axis in [((3,), 2, None), ((2, 3), 2, None), ((2, 3), 3, 1), ((2, 3), [0, 2], 0), ((2, 3), [1, 0, 3], -1), ((4,), [1, 2, 3, 0], None), ((2,), 0, 0)]:
    counted = repeats if isinstance(repeats, int) else torch.tensor(repeats)
    add("repeatInterleave", lambda x: torch.repeat_interleave(x, counted, axis), [normal(*shape)], ["$0", repeats, axis])


def sliced(x, starts, stops, steps):
    for axis, extent in enumerate(x.shape):
        at = lambda values: None if values is None or axis >= len(values) or math.isinf(values[axis]) else values[axis]
        x = x.index_select(axis, torch.tensor(range(extent)[slice(at(starts), at(stops), at(steps))], dtype=torch.long))
    return x


for shape, arguments in [
    ((5,), ([1], [4])), ((5,), ([-2],)), ((6,), ([1], [6], [2])), ((5,), ([inf], [-inf], [-1])), ((5,), ([3], [0], [-1])), ((5,), ([], [], [-2])), ((6,), ([-2], [-6], [-3])),
    ((3, 4), ([2, 3], [-inf, 0], [-1, -2])), ((3, 4), ([0, 9], [3, -9], [2, -1])), ((3,), ([0], [2], [-1])), ((4,), ([1], [-inf], [-1])), ((0, 2), ([inf, 1], [-inf], [-1])), ((4,), ([2], [1], [-5])),
]:
    add("slice", lambda x: sliced(x, *(arguments + (None, None))[:3]), [normal(*shape)],
        ["$0", *[[v if math.isfinite(v) else "Infinity" if v > 0 else "-Infinity" for v in list_] for list_ in arguments]])
add("slice", lambda x: sliced(x, [3], None, [-1]), [integers[:, 0].repeat(2)], ["$0", [3], [], [-1]])


def padded(x, padding, mode, value=0.0):
    if mode == "circular":  # The circle is of what is left.
        x = padded(x, [[min(n, 0) for n in pair] for pair in padding], "constant")
        padding = [[max(n, 0) for n in pair] for pair in padding]
    grow = [[max(n, 0) for n in pair] for pair in padding]
    for axis, (low, high) in enumerate(grow):
        extent = x.shape[axis]
        index = torch.arange(-low, extent + high)
        if mode == "constant":
            shape = list(x.shape)
            shape[axis] = low
            other = shape.copy()
            other[axis] = high
            x = torch.cat([x.new_full(shape, value), x, x.new_full(other, value)], axis)
            continue
        if mode == "reflect":
            index = extent - 1 - (extent - 1 - index.abs()).abs()
        elif mode == "replicate":
            index = index.clamp(0, extent - 1)
        else:
            index = index % extent
        x = x.index_select(axis, index)
    for axis, (low, high) in enumerate(padding):
        x = x.narrow(axis, max(-low, 0), x.shape[axis] - max(-low, 0) - max(-high, 0))
    return x


# The rule above is PyTorch's own where that pads one or two axes.
one = normal(1, 1, 5)
for mode in ("reflect", "replicate", "circular"):
    assert torch.equal(F.pad(one, (2, 3), mode=mode), padded(one, [(0, 0), (0, 0), (2, 3)], mode))
    two = normal(1, 1, 4, 5)
    assert torch.equal(F.pad(two, (1, 2, 3, 0), mode=mode), padded(two, [(0, 0), (0, 0), (3, 0), (1, 2)], mode))
    for cut in [(-1, 3), (2, -1), (-1, -2)]:
        assert torch.equal(F.pad(one, cut, mode=mode), padded(one, [(0, 0), (0, 0), cut], mode))
        assert torch.equal(F.pad(two, (*cut, -1, 2), mode=mode), padded(two, [(0, 0), (0, 0), (-1, 2), cut], mode))
assert torch.equal(F.pad(one, (-1, 2), value=7), padded(one, [(0, 0), (0, 0), (-1, 2)], "constant", 7.0))

for mode in ("constant", "reflect", "replicate", "circular"):
    for shape, padding in [((4,), [(2, 3)]), ((3, 4), [(0, 0), (3, 1)]), ((3, 4), [(2, 1), (0, 2)]), ((5,), [(-2, 1)]), ((5,), [(2, -3) if mode == "circular" else (3, -4)]), ((1, 1, 4), [(0, 0), (0, 0), (-1, 3)]), ((2, 3, 4), [(1, 1), (-1, 2), (0, -1)])]:
        add("pad", lambda x: padded(x, padding, mode), [normal(*shape)], ["$0", padding, {"mode": mode}])
    add("pad", lambda x: padded(x, [(1, 1), (2, 0)], mode), [special], ["$0", [[1, 1], [2, 0]], {"mode": mode}])
    add("pad", lambda x: padded(x, [(1, 1), (1, 2)], mode), [integers], ["$0", [[1, 1], [1, 2]], {"mode": mode}])
add("pad", lambda x: padded(x, [(2, 1)], "constant", 7.0), [normal(2)], ["$0", [[2, 1]], {"value": 7}])
add("pad", lambda x: padded(x, [(-3, 5)], "constant", 7.0), [normal(2)], ["$0", [[-3, 5]], {"value": 7}])
add("pad", lambda x: padded(x, [(1, 1), (0, 0)], "constant"), [torch.zeros(0, 2)], ["$0", [[1, 1]]])
cases.write("movement")
