"""Writes packages/training/test/golden/update-bn.json: running statistics that PyTorch's `update_bn` computes for averaged weights.

Weights and inputs are multiples of 1/64, so that they are exact in float32; PyTorch computes in float64.
Run: python3 tools/golden/update_bn.py (PyTorch 2.0 or later)
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, update_bn

torch.manual_seed(29)
torch.set_num_threads(1)


def exact(*shape):
    return (torch.randn(*shape, dtype=torch.float64) * 64).round() / 64


def store(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


def net():
    return nn.Sequential(
        nn.Linear(3, 4),
        nn.BatchNorm1d(4),
        nn.ReLU(),
        nn.Linear(4, 5),
        nn.BatchNorm1d(5, momentum=0.25),
        nn.Linear(5, 2),
    ).double()


model = net()
for value in model.parameters():
    value.data = exact(*value.shape)
initial = {name: store(value) for name, value in model.named_parameters()}
x, y = exact(22, 3), exact(22, 2)

averaged = AveragedModel(model)
optimizer = torch.optim.SGD(model.parameters(), lr=0.125)
for epoch in range(3):
    for begin in range(0, 22, 8):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x[begin : begin + 8]), y[begin : begin + 8]).backward()
        optimizer.step()
        averaged.update_parameters(model)
update_bn([x[begin : begin + 8] for begin in range(0, 22, 8)], averaged)

golden = {
    "initial": initial,
    "x": store(x),
    "y": store(y),
    "state": {name: store(value) for name, value in averaged.module.state_dict().items()},
    "outputs": store(averaged.eval()(x)),
}
path = Path(__file__).parents[2] / "packages/training/test/golden/update-bn.json"
path.write_text(json.dumps(golden) + "\n")
