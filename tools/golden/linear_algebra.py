"""Writes packages/autograd/test/golden/linear-algebra.json. Run: python3 tools/golden/linear_algebra.py (PyTorch 1.13 or later)"""

import torch

from functions import Cases

cases = Cases(23)
add, normal = cases.add, cases.normal
pair = ["$0", "$1"]


def regular(*shape):
    """Square matrices that are far from singular, but want pivoting: the diagonal is not the largest of its column."""
    n = shape[-1]
    return (normal(*shape) / 2 + 2 * torch.eye(n).roll(1, 0)) if n > 0 else normal(*shape)


def definite(*shape):
    x = normal(*shape)
    return x @ x.mT + torch.eye(shape[-1])


for upper in (False, True):
    for left in (True, False):
        for unit in (False, True):
            shapes = [((3, 3), (3, 2))]
            if upper == left and not unit:
                shapes += [((2, 2, 2), (2, 1)), ((4, 4), (2, 4, 1)), ((1, 1), (1, 3)), ((0, 0), (0, 2)), ((2, 2), (2, 0)), ((0, 2, 2), (2, 2))]
            for a, b in shapes:
                sides = b if left else (*b[:-2], b[-1], b[-2])
                options = {"upper": upper, "left": left, "unitriangular": unit}
                # The other triangle is full of numbers that must not be read.
                add("triangularSolve", lambda x, y: torch.linalg.solve_triangular(x, y, **options), [normal(*a) / 2 + 2 * torch.eye(a[-1]), normal(*sides)], [*pair, options])
for shape in [(1, 1), (3, 3), (5, 5), (2, 3, 3), (2, 1, 2, 2), (0, 0), (0, 3, 3), (2, 0, 0)]:
    for upper in (False, True):
        add("cholesky", lambda x: torch.linalg.cholesky(x, upper=upper), [definite(*shape)], ["$0", {"upper": upper}])
    if 0 not in shape:
        add("cholesky", lambda x: torch.linalg.cholesky(x), [torch.tril(definite(*shape)) + 3 * torch.triu(torch.ones(*shape), 1)])
    add("inverse", torch.linalg.inv, [regular(*shape)])
    add("determinant", torch.linalg.det, [regular(*shape)])
    add("slogdet", torch.linalg.slogdet, [regular(*shape)])
    add("logdet", torch.logdet, [definite(*shape)])
for a, b in [((3, 3), (3, 2)), ((3, 3), (3,)), ((2, 3, 3), (2, 3)), ((2, 3, 3), (3,)), ((2, 3, 3), (3, 4)), ((2, 1, 2, 2), (3, 2, 5)), ((4, 4), (2, 4, 1)), ((0, 0), (0, 2)), ((2, 2), (2, 0)), ((0, 2, 2), (0, 2))]:
    add("solve", lambda x, y: torch.linalg.solve(x, y), [regular(*a), normal(*b)], pair)
for exponent in (-1, -3):
    add("matrixPower", lambda x: torch.linalg.matrix_power(x, exponent), [regular(2, 3, 3)], ["$0", exponent])
# The first pivot is 0, or the smallest.
add("solve", lambda x, y: torch.linalg.solve(x, y), [torch.tensor([[0.0, 2, 1], [1, 0, 0], [3, 0, 1]]), normal(3)], pair)
add("solve", lambda x, y: torch.linalg.solve(x, y), [torch.tensor([[2.0**-20, 1], [1, 1]]), normal(2)], pair)
add("determinant", torch.linalg.det, [torch.tensor([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]])])
add("determinant", torch.linalg.det, [torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9.5]])])
add("logdet", torch.logdet, [torch.tensor([[0.0, 1], [1, 0]])], gradient=False)
add("logdet", torch.logdet, [torch.zeros(2, 2)], gradient=False)
add("slogdet", torch.linalg.slogdet, [torch.zeros(2, 2)], gradient=False)
add("determinant", torch.linalg.det, [torch.tensor([[1.0, 2], [2, 4]])], gradient=False)

symmetric = lambda x: (x + x.mT) / 2
for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1), (1, 4), (4, 1), (2, 0), (0, 2), (0, 0), (0, 3, 3)]:
    k = min(shape[-2:])
    add("qr", lambda x: torch.linalg.qr(x), [normal(*shape)])
    add("qr", lambda x: torch.linalg.qr(x, mode="complete"), [normal(*shape)], ["$0", {"mode": "complete"}], gradient=shape[-2] <= shape[-1])
    for full in (False, True):
        # What does not depend on signs, which are free.
        def parts(x):
            u, s, vh = torch.linalg.svd(x, full_matrices=full)
            u, vh = u[..., :k], vh[..., :k, :]
            return [u.square(), s, vh.square(), u @ vh]

        add("svdParts", parts, [normal(*shape)], ["$0", full], gradient=0 not in shape)
    add("pinv", torch.linalg.pinv, [normal(*shape)], gradient=0 not in shape)
    add("matrixRank", lambda x: torch.linalg.matrix_rank(x).int(), [normal(*shape)], gradient=False)
    if shape[-1] == shape[-2]:
        def eigenparts(x):
            values, vectors = torch.linalg.eigh(symmetric(x))
            return [values, vectors.square(), vectors @ torch.diag_embed(values.cos()) @ vectors.mT]

        add("eighParts", eigenparts, [normal(*shape)], gradient=0 not in shape)
deficient = torch.tensor([[1.0, 2, 3], [2, 4, 6], [1, 0, 1], [0, 2, 2]])
for matrix in (deficient, deficient.mT):
    # Away from the deficient matrix the pseudoinverse jumps; the gradient is that of the same rank.
    add("pinv", lambda x: torch.linalg.pinv(x, rtol=1e-3), [matrix], ["$0", {"rtol": 0.001}])
    add("matrixRank", lambda x: torch.linalg.matrix_rank(x).int(), [matrix], gradient=False)
add("pinv", torch.linalg.pinv, [torch.zeros(2, 3)])
for a, b in [((3, 3), (3, 2)), ((4, 2), (4, 2)), ((4, 2), (4,)), ((2, 4), (2, 3)), ((2, 4, 2), (2, 4)), ((3, 4, 2), (4, 1)), ((2, 2, 3), (2, 2, 1))]:
    are_vectors = len(b) == 1 or b == a[:-1]
    add("lstsq", lambda x, y: (torch.linalg.pinv(x) @ y[..., None])[..., 0] if are_vectors else torch.linalg.pinv(x) @ y, [normal(*a), normal(*b)], pair)
for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1), (1, 4), (4, 1)]:
    for order in ("fro", "nuc", 1, -1, 2, -2, float("inf"), -float("inf")):
        add("matrixNorm", lambda x: torch.linalg.matrix_norm(x, order), [normal(*shape)], ["$0", {float("inf"): "Infinity", -float("inf"): "-Infinity"}.get(order, order)])
    add("singularValues", torch.linalg.svdvals, [normal(*shape)])
    if shape[-1] == shape[-2]:
        add("eigenvaluesOf", lambda x: torch.linalg.eigvalsh(symmetric(x)), [normal(*shape)])
for order in ("fro", "nuc", 1, -2):
    add("matrixNorm", lambda x: torch.linalg.matrix_norm(x, order, dim=(2, 0), keepdim=True), [normal(3, 2, 4)], ["$0", order, {"axes": [2, 0], "keepDims": True}])
add("matrixNorm", lambda x: torch.linalg.matrix_norm(x, "nuc"), [torch.eye(3)], ["$0", "nuc"])
for order in ("fro", "nuc"):
    add("matrixNorm", lambda x: torch.linalg.matrix_norm(x, order), [torch.zeros(2, 0, 3)], ["$0", order])
add("singularValues", torch.linalg.svdvals, [deficient], gradient=False)
for shape in [(2, 0), (0, 2), (0, 3, 3)]:
    add("singularValues", torch.linalg.svdvals, [normal(*shape)], gradient=False)
cases.write("linear-algebra")
