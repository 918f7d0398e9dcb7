"""Writes packages/autograd/test/golden/assignment.json: parts of tensors replaced. Run: python3 tools/golden/assignment.py"""

import torch

from functions import Cases

cases = Cases(31)
add, normal = cases.add, cases.normal


def put(x, index, value, accumulate):
    # What PyTorch's slices cannot say (steps below 0), positions do.
    y = x.clone()
    if accumulate:
        places = torch.arange(y.numel()).reshape(y.shape)[index]
        return y.reshape(-1).index_put((places,), value.expand(places.shape) if value.dim() else value, accumulate=True).reshape(y.shape)
    y[index] = value
    return y


def case(shape, index, value, accumulate=False):
    """`index` as Hebb has it: integers, lists for ranges, and tensors."""
    tensors = [one for one in index if isinstance(one, torch.Tensor)]
    written, names = [], iter(range(2, 2 + len(tensors)))
    for one in index:
        written.append(f"${next(names)}" if isinstance(one, torch.Tensor) else one)

    def f(x, v, *given):
        rest = iter(given)
        theirs = []
        for axis, one in enumerate(index):
            if isinstance(one, torch.Tensor):
                t = next(rest)
                theirs.append(t if t.dtype == torch.bool else t.long())
            elif isinstance(one, list):
                start, stop, step = [*one, *[None] * (3 - len(one))]
                theirs.append(slice(start, stop, step))
            else:
                theirs.append(one)
        flipped = [axis for axis, one in enumerate(theirs) if isinstance(one, slice) and (one.step or 1) < 0]
        if not flipped:
            return put(x, tuple(theirs), v, accumulate)
        # Backwards: the range forwards, in a tensor turned round.
        for axis in flipped:
            extent, one = x.shape[axis], theirs[axis]
            start, stop, step = one.indices(extent)
            theirs[axis] = slice(extent - 1 - start, extent - 1 - stop, -step)
        return put(x.flip(flipped), tuple(theirs), v, accumulate).flip(flipped)

    options = [{"accumulate": True}] if accumulate else []
    add("setAt", f, [normal(*shape), value, *tensors], ["$0", written, "$1", *options])


at = lambda *positions: torch.tensor(positions, dtype=torch.int32)
for accumulate in (False, True):
    for shape, index, value in [
        # Ranges and positions.
        ((5,), [[1, 4]], normal(3)),
        ((5,), [[None, None, -1]], normal(5)),
        ((6,), [[4, 0, -2]], normal(2)),
        ((6, 3), [[-1, -5, -3], 1], normal(2)),
        ((4, 5), [[None, None, -2], [3, None, -1]], normal(2, 4)),
        ((4, 5), [[None, None, -1]], normal(5)),
        ((3, 4), [-1], normal()),
        ((3, 4), [[2, 1]], normal(4)),
        # One tensor of positions.
        ((5,), [at(3, 0)], normal(2)),
        ((5, 2), [at(-1, -5, 2)], normal(3, 2)),
        ((3, 5), [[None, None, -1], at(4, 1)], normal(3, 2)),
        ((3, 4), [1, at(0, -1)], normal(2)),
        ((4, 3), [at(3, 1).reshape(2, 1)], normal(2, 1, 3)),
        ((4, 3), [torch.tensor(2, dtype=torch.int32)], normal(3)),
        # Several.
        ((4, 3), [at(0, 3, 1), at(2, 2, 0)], normal(3)),
        ((4, 3), [at(0, 3).reshape(2, 1), at(2, 0, 1)], normal(2, 3)),
        ((4, 3), [at(0, 3).reshape(2, 1), at(-1, 0)], normal(1)),
        ((2, 4, 3), [[], at(0, 3), at(2, 1)], normal(2, 2)),
        ((3, 4, 2), [at(0, 2), [1, 3], at(1, 0)], normal(2, 2)),
        ((3, 4, 2), [at(0, 2), [None, None, -2], at(1, 0)], normal(2, 2)),
        ((3, 4, 2), [at(0, 2), 1, at(1, 0)], normal(2)),
        ((2, 3, 2, 3), [[1, 2], at(0, 2), at(1, 0), [None, None, -1]], normal(1, 2, 3)),
        ((2, 3, 2, 2), [at(1, 0).reshape(2, 1), [], at(1, 0).reshape(1, 2)], normal(2, 2, 3, 2)),
        ((2, 3, 4), [at(1, 0), at(2, 0), at(3, 3)], normal(2)),
        # Masks.
        ((4,), [torch.tensor([True, False, True, True])], normal(3)),
        ((4,), [torch.tensor([True, False, True, True])], normal()),
        ((3, 2), [torch.tensor([False, True, True])], normal(2, 2)),
        ((3, 2), [torch.tensor([False, True, True])], normal(2)),
        ((2, 4), [[None, None, -1] if not accumulate else [], torch.tensor([True, False, False, True])], normal(2, 2)),
        ((2, 4), [1, torch.tensor([True, False, False, True])], normal(2)),
        ((2, 3), [torch.tensor([[True, False, True], [False, True, False]])], normal(3)),
        ((2, 3, 2), [torch.tensor([[True, False, True], [False, True, False]])], normal(3, 2)),
        ((2, 2, 3), [[], torch.tensor([[True, False, True], [False, True, False]])], normal(2, 3)),
        ((2, 2, 3), [[1, 2], torch.tensor([[True, False, True], [False, True, False]])], normal(3)),
        ((3,), [torch.tensor([False, False, False])], normal(1)),
    ]:
        case(shape, index, value, accumulate)
# Positions named several times: sums.
case((4,), [at(1, 3, 1, 1)], normal(4), True)
case((3, 4), [at(1, 2, 1), at(-1, 0, 3)], normal(3), True)
case((3, 4), [at(1, 2, 1)], normal(4), True)
cases.write("assignment")
