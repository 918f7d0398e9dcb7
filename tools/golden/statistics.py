"""Writes packages/tensor/test/golden/statistics.json: means, variances and batch normalisations of numbers that lie close together far from 0.

The numbers follow from a rule that the test repeats, are exact in float32, and PyTorch computes in float64.
Run: python3 tools/golden/statistics.py (PyTorch 1.13 or later)
"""

import json
from pathlib import Path

import torch

RULES = [
    {"name": "1e6 ± 0.5", "base": 1e6, "pattern": [0.5, -0.5], "count": 10_000},
    {"name": "−1e6 and a little", "base": -1e6, "pattern": [0.0625, 0, -0.125, 0.25, 0], "count": 3_001},
    {"name": "integers around 1e8", "base": 1e8, "pattern": [0, 8, -16, 24, 8, -8, 40], "count": 4_096},
    {"name": "one outlier in front", "base": 0, "pattern": [1, -1, 0.5, 2], "count": 5_000, "outlier": [0, 1e8]},
    {"name": "one outlier inside", "base": 0, "pattern": [1, -1, 0.5, 2], "count": 5_000, "outlier": [777, -1e8]},
    {"name": "a constant that sums round", "base": 1e6 + 0.0625, "pattern": [0], "count": 9_999},
    {"name": "a small constant", "base": 13421773 / 2**27, "pattern": [0], "count": 12_345},
    {"name": "around 0", "base": 0, "pattern": [0.25, -3, 1.5, 7, -0.75, 0], "count": 8_191},
    {"name": "far smaller than 1", "base": 2.0**-40, "pattern": [2.0**-60, 0, -(2.0**-58)], "count": 1_000},
    {"name": "two", "base": 16777216, "pattern": [0, 2], "count": 2},
]


def numbers(rule):
    values = torch.tensor([rule["base"] + rule["pattern"][i % len(rule["pattern"])] for i in range(rule["count"])], dtype=torch.float64)
    if "outlier" in rule:
        values[rule["outlier"][0]] = rule["outlier"][1]
    assert torch.equal(values, values.float().double())
    return values


cases = []
for rule in RULES:
    x = numbers(rule)
    normalisation = torch.nn.BatchNorm1d(1, dtype=torch.float64)
    leaf = x[:, None].clone().requires_grad_(True)
    output = normalisation(leaf)
    # A loss that is not invariant to the normalisation.
    (output * torch.linspace(-1, 1, len(x), dtype=torch.float64)[:, None]).sum().backward()
    cases.append({
        **rule,
        "mean": x.mean().item(),
        "variance": x.var().item(),
        "std": x.std(unbiased=False).item(),
        "runningMean": normalisation.running_mean.item(),
        "runningVariance": normalisation.running_var.item(),
        "normalised": output.flatten()[:8].tolist(),
        "gradient": leaf.grad.flatten()[:8].tolist(),
    })
    single = x.float()
    print(f"{rule['name']:30} float64 {x.var().item():.9g}, PyTorch's float32 {single.var().item():.9g}, mean {single.mean().item():.9g}")

path = Path(__file__).parents[2] / "packages/tensor/test/golden/statistics.json"
path.parent.mkdir(exist_ok=True)
path.write_text("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]\n")
