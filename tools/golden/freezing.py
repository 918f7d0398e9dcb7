"""Writes packages/training/test/golden/freezing.json: a network of which parts are frozen and unfrozen while PyTorch trains it.

Weights and inputs are multiples of 1/64, so that they are exact in float32; PyTorch computes in float64.
Run: python3 tools/golden/freezing.py (PyTorch 1.13 or later)
"""

import json
from pathlib import Path

import torch
from torch import nn

torch.manual_seed(23)
torch.set_num_threads(1)

# Which parameters are frozen at each step, by the first letters of their names.
FROZEN = [["backbone"], ["backbone"], [], [], ["head", "backbone.1.bias"], ["head"], []]


def exact(*shape):
    return (torch.randn(*shape, dtype=torch.float64) * 64).round() / 64


def store(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


# Without the bias in front of the normalisation, whose gradient is rounding noise: Adam would follow its sign.
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(3, 4, bias=False), nn.BatchNorm1d(4), nn.ReLU())
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.backbone(x))


initial = {name: exact(*value.shape) for name, value in Net().named_parameters()}
inputs = [exact(5, 3) for _ in FROZEN]
targets = [exact(5, 2) for _ in FROZEN]


def run(optimizer, options, kind, **keywords):
    model = Net().double()
    for name, value in model.named_parameters():
        value.data = initial[name].clone()
    instance = kind(model.parameters(), lr=options["learningRate"], **keywords)
    after = []
    for frozen, x, y in zip(FROZEN, inputs, targets):
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(not any(name.startswith(prefix) for prefix in frozen))
        instance.zero_grad(set_to_none=True)
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        instance.step()
        state = {name: store(value) for name, value in model.state_dict().items() if value.is_floating_point()}
        after.append({"loss": loss.item(), "state": state})
    return {"optimizer": optimizer, "options": options, "after": after}


golden = {
    "frozen": FROZEN,
    "initial": {name: store(value) for name, value in initial.items()},
    "inputs": [store(value) for value in inputs],
    "targets": [store(value) for value in targets],
    "runs": [
        run("SGD", {"learningRate": 0.125, "momentum": 0.875, "weightDecay": 0.0625}, torch.optim.SGD, momentum=0.875, weight_decay=0.0625),
        run("AdamW", {"learningRate": 0.0625, "weightDecay": 0.125}, torch.optim.AdamW, weight_decay=0.125),
    ],
}
path = Path(__file__).parents[2] / "packages/training/test/golden/freezing.json"
path.write_text(json.dumps(golden) + "\n")
