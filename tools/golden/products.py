"""Writes packages/autograd/test/golden/products.json. Run: python3 tools/golden/products.py (PyTorch 1.13 or later)"""

import math

import torch

from functions import Cases

cases = Cases(15)
add, normal = cases.add, cases.normal
nan, inf = math.nan, math.inf

for equation, shapes in [
    ("ij,jk->ik", [(2, 3), (3, 4)]),
    ("ij,jk", [(2, 3), (3, 4)]),
    ("ji,jk->ki", [(3, 2), (3, 4)]),
    ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]),
    ("bqhd,bkhd->bhqk", [(2, 3, 2, 4), (2, 2, 2, 4)]),
    ("bnm,bnm->b", [(2, 3, 2), (2, 3, 2)]),
    ("i,i->", [(4,), (4,)]),
    ("i,j->ij", [(2,), (3,)]),
    ("i,j->ji", [(2,), (3,)]),
    ("ij,j->ij", [(2, 3), (3,)]),
    ("ij,k->j", [(2, 3), (4,)]),
    ("abc,cd,def->aebf", [(2, 3, 2), (2, 4), (4, 2, 3)]),
    ("bn,anm,bm->ba", [(2, 3), (4, 3, 2), (2, 2)]),
    ("a,b,c,d->", [(2,), (3,), (2,), (3,)]),
    ("ij,jk,kl,lm->im", [(2, 5), (5, 2), (2, 5), (5, 3)]),
    ("ij,ij,ij->ij", [(2, 3), (2, 3), (2, 3)]),
    # Diagonals and traces.
    ("ii", [(3, 3)]),
    ("ii->i", [(3, 3)]),
    ("iij->ji", [(2, 2, 3)]),
    ("iji,jk->ik", [(2, 3, 2), (3, 4)]),
    ("iii->", [(3, 3, 3)]),
    # One operand: permutations and sums.
    ("ijk->kij", [(2, 3, 4)]),
    ("ijk->j", [(2, 3, 4)]),
    ("ijk->", [(2, 3, 4)]),
    ("ba", [(2, 3)]),
    ("Ba,c", [(2, 3), (2,)]),
    ("->", [()]),
    (",i->i", [(), (3,)]),
    # Ellipsis, aligned from the right and broadcast.
    ("...ij,...jk->...ik", [(2, 1, 2, 3), (4, 3, 2)]),
    ("...ij,...jk", [(2, 2, 3), (3, 2)]),
    ("i...,i...->...", [(2, 3, 1), (2, 1, 4)]),
    ("...,...->...", [(2, 3), (3,)]),
    ("a...b->b...a", [(2, 3, 4, 5)]),
    ("...i->i", [(2, 3, 4)]),
    ("...ii->...i", [(2, 3, 3)]),
    # Extents of 1 broadcast.
    ("ij,jk->ik", [(2, 1), (3, 4)]),
    ("ij,ij->ij", [(1, 3), (2, 3)]),
    ("ij,ij->i", [(2, 1), (1, 3)]),
    # No elements.
    ("ij,jk->ik", [(2, 0), (0, 3)]),
    ("ij,jk->ik", [(0, 2), (2, 3)]),
    ("ij,ij->j", [(0, 3), (0, 3)]),
]:
    add("einsum", lambda *x: torch.einsum(equation, *x), [normal(*shape) for shape in shapes], [equation, *[f"${i}" for i in range(len(shapes))]])
add("einsum", lambda x: torch.einsum("i,i->i", x, x), [torch.tensor([nan, inf, -inf, -0.0])], ["i,i->i", "$0", "$0"])
add("einsum", lambda a, b: torch.einsum(" i j , j -> i ", a, b), [normal(2, 3), normal(3)], [" i j , j -> i ", "$0", "$1"])

pair = ["$0", "$1"]
for n in (4, 1, 0):
    add("dot", torch.dot, [normal(n), normal(n)], pair)
add("dot", torch.dot, [torch.tensor([inf, 1.0]), torch.tensor([0.0, 1.0])], pair)
for m, n in [(2, 3), (1, 4), (0, 3)]:
    add("outer", torch.outer, [normal(m), normal(n)], pair)
add("outer", torch.outer, [cases.integers(-9, 10, 2), cases.integers(-9, 10, 3)], pair)
for a, b, axis in [((3,), (3,), -1), ((2, 3), (2, 3), -1), ((3, 2), (3, 2), 0), ((2, 3), (1, 3), 1), ((2, 1, 3), (1, 4, 3), -1), ((0, 3), (0, 3), 1)]:
    add("cross", lambda x, y: torch.linalg.cross(x, y, dim=axis), [normal(*a), normal(*b)], [*pair, axis])
for a, b, axes in [((2, 3, 4), (3, 4, 5), 2), ((2, 3), (4, 5), 0), ((2, 3), (3, 4), 1), ((2, 3, 4), (4, 2), [[0, -1], [1, 0]]), ((2, 3), (3,), [[1], [0]]), ((2, 0), (0, 3), 1), ((), (2,), 0)]:
    add("tensordot", lambda x, y: torch.tensordot(x, y, dims=axes), [normal(*a), normal(*b)], [*pair, axes])
for a, b in [((2, 2), (3, 2)), ((2,), (3,)), ((2, 1, 3), (2, 2)), ((2,), (2, 2)), ((), (2, 3)), ((0, 2), (2, 2))]:
    add("kron", torch.kron, [normal(*a), normal(*b)], pair)
add("kron", torch.kron, [cases.integers(-9, 10, 2, 2), cases.integers(-9, 10, 1, 3)], pair)
for shape in [(3, 3), (2, 4), (0, 2)]:
    add("trace", torch.trace, [normal(*shape)])
# PyTorch 1.13 gives the trace of a tall matrix a gradient beside its diagonal.
for shape in [(4, 2), (2, 3, 3)]:
    add("trace", lambda x: torch.diagonal(x, 0, -2, -1).sum(-1), [normal(*shape)])
add("trace", lambda x: torch.diagonal(x).sum().int(), [cases.integers(-9, 10, 3, 4)])
for shape, exponent in [((2, 2), 0), ((3, 3), 1), ((3, 3), 2), ((2, 2), 5), ((2, 2, 2), 3), ((2, 2), 10), ((0, 0), 3), ((2, 3, 3), 0)]:
    add("matrixPower", lambda x: torch.linalg.matrix_power(x, exponent), [normal(*shape) / 2], ["$0", exponent])
cases.write("products")
