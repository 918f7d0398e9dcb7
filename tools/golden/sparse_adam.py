"""Writes packages/optimizers/test/golden/sparse-adam.json: PyTorch's SparseAdam on a table of which each step reads a few rows, in float64.

Run: python3 tools/golden/sparse_adam.py (PyTorch 1.13 or later)
"""

import json
from pathlib import Path

import torch

torch.manual_seed(23)
torch.set_num_threads(1)
ROWS, COLUMNS, STEPS, KEPT = 7, 3, 50, (1, 2, 10, 50)


def exact(*shape):
    return (torch.randn(*shape, dtype=torch.float64) * 64).round() / 64


def flat(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


table, direction = exact(ROWS, COLUMNS), exact(COLUMNS)
# Some rows several times, and the last never.
ids = torch.randint(0, ROWS - 1, (STEPS, 4))


def run(options):
    weight = torch.nn.Parameter(table.clone())
    instance = torch.optim.SparseAdam([weight], **options)
    after = {}
    for step in range(STEPS):
        instance.zero_grad()
        rows = torch.nn.functional.embedding(ids[step], weight, sparse=True)
        (torch.tanh(rows @ direction) ** 2).sum().backward()
        instance.step()
        if step + 1 in KEPT:
            after[step + 1] = flat(weight)
    state = instance.state[weight]
    return {"after": after, "exp_avg": flat(state["exp_avg"]), "exp_avg_sq": flat(state["exp_avg_sq"])}


golden = {
    "table": table.tolist(),
    "direction": direction.tolist(),
    "ids": ids.tolist(),
    "runs": [
        {"options": {"learningRate": 0.05}, **run({"lr": 0.05})},
        {"options": {"learningRate": 0.02, "betas": [0.5, 0.75], "eps": 1e-3}, **run({"lr": 0.02, "betas": (0.5, 0.75), "eps": 1e-3})},
        {"options": {"learningRate": 0.01, "maximize": True}, **run({"lr": 0.01, "maximize": True})},
    ],
}
path = Path(__file__).parents[2] / "packages/optimizers/test/golden/sparse-adam.json"
path.write_text(json.dumps(golden) + "\n")
