"""Factorisations in PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
from support.timings import answer

torch.set_num_threads(1)
torch.manual_seed(1)
known = {}
for batch, n in [(1000, 4), (1, 32), (1, 128), (1, 512)]:
    x = torch.randn(batch, n, n)
    definite = x @ x.mT + n * torch.eye(n)
    triangle = torch.linalg.cholesky(definite)
    functions = {
        "cholesky": lambda x=x, a=definite: torch.linalg.cholesky(a),
        "triangular": lambda a=triangle, b=x: torch.linalg.solve_triangular(a, b, upper=False),
        "solve": lambda a=x, b=definite: torch.linalg.solve(a, b),
        "inverse": lambda a=x: torch.linalg.inv(a),
        "determinant": lambda a=x: torch.linalg.det(a),
        "qr": lambda a=x: torch.linalg.qr(a),
        "eigh": lambda a=definite: torch.linalg.eigh(a),
        "svd": lambda a=x: torch.linalg.svd(a),
    }
    known |= {f"{name}-{batch}x{n}": f for name, f in functions.items()}
answer(known)
