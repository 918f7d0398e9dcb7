"""Writes packages/layers/test/golden/pytorch.json: outputs, gradients and state of PyTorch's modules.

Weights and inputs are multiples of 1/64, so that they are exact in float32; PyTorch computes in float64.
Run: python3 tools/golden/layers.py (PyTorch 1.13 or later)
"""

import json
from pathlib import Path

import torch
from torch import nn

torch.manual_seed(7)
torch.set_num_threads(1)


def exact(*shape):
    return (torch.randn(*shape, dtype=torch.float64) * 64).round() / 64


def store(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


def case(config, module, *shape, training=True, steps=1):
    """`steps` forward passes; output and gradients are those of the last."""
    module = module.double()
    for name, value in module.named_parameters():
        value.data = exact(*value.shape)
    for name, value in module.named_buffers():
        if name.endswith("running_var"):
            value.copy_(exact(*value.shape).abs() + 0.5)
        elif name.endswith("running_mean"):
            value.copy_(exact(*value.shape))
    state = {name: store(value) for name, value in module.state_dict().items()}
    module.train(training)
    inputs = [exact(*shape) for _ in range(steps)]
    for x in inputs:
        x.requires_grad_(True)
        module.zero_grad()
        output = module(x)
        cotangent = exact(*output.shape)
        output.backward(cotangent)
    gradients = {name: store(value.grad) for name, value in module.named_parameters()}
    gradients["input"] = store(x.grad)
    return {
        "config": config,
        "training": training,
        "state": state,
        "inputs": [store(x) for x in inputs],
        "output": store(output),
        "cotangent": store(cotangent),
        "gradients": gradients,
        "stateAfter": {name: store(value) for name, value in module.named_buffers()},
    }


def batch_norm(kind, module, features, *shape, training, steps, **options):
    names = {"eps": "eps", "momentum": "momentum", "affine": "affine", "track_running_stats": "trackRunningStats"}
    config = {"type": kind, "numFeatures": features, **{names[key]: value for key, value in options.items()}}
    return case(config, module(features, **options), *shape, training=training, steps=steps)


conv = {"type": "Conv2d", "inChannels": 4, "outChannels": 6, "kernelSize": [3, 2]}
norm2d = ("BatchNorm2d", nn.BatchNorm2d, 3, 4, 3, 5, 2)
CASES = [
    case({"type": "Linear", "inFeatures": 5, "outFeatures": 3}, nn.Linear(5, 3), 4, 5),
    case({"type": "Linear", "inFeatures": 5, "outFeatures": 3, "bias": False}, nn.Linear(5, 3, bias=False), 2, 3, 5),
    case({"type": "Linear", "inFeatures": 5, "outFeatures": 3}, nn.Linear(5, 3), 5),
    case(conv, nn.Conv2d(4, 6, (3, 2)), 2, 4, 7, 6),
    case({**conv, "stride": 2, "padding": [1, 0], "dilation": [1, 2]}, nn.Conv2d(4, 6, (3, 2), 2, (1, 0), (1, 2)), 2, 4, 7, 6),
    case({**conv, "padding": "same", "groups": 2, "bias": False}, nn.Conv2d(4, 6, (3, 2), padding="same", groups=2, bias=False), 2, 4, 7, 6),
    case({"type": "MaxPool2d", "kernelSize": 2}, nn.MaxPool2d(2), 2, 3, 6, 7),
    case({"type": "MaxPool2d", "kernelSize": [3, 2], "stride": 2, "padding": [1, 0]}, nn.MaxPool2d((3, 2), 2, (1, 0)), 2, 3, 6, 7),
    case({"type": "AvgPool2d", "kernelSize": 3, "stride": 2, "padding": 1}, nn.AvgPool2d(3, 2, 1), 2, 3, 6, 7),
    case({"type": "Flatten"}, nn.Flatten(), 2, 3, 4, 2),
    case({"type": "Flatten", "startAxis": 0, "endAxis": -2}, nn.Flatten(0, -2), 2, 3, 4, 2),
    case({"type": "ReLU"}, nn.ReLU(), 4, 9),
    case({"type": "GELU"}, nn.GELU(), 4, 9),
    case({"type": "GELU", "approximate": "tanh"}, nn.GELU("tanh"), 4, 9),
    case({"type": "Sigmoid"}, nn.Sigmoid(), 4, 9),
    case({"type": "Tanh"}, nn.Tanh(), 4, 9),
    case({"type": "Softmax", "axis": 1}, nn.Softmax(1), 2, 5, 3),
    case({"type": "Dropout", "probability": 0.5}, nn.Dropout(0.5), 4, 9, training=False),
    case({"type": "Identity"}, nn.Identity(), 4, 9),
    batch_norm(*norm2d, training=True, steps=1),
    batch_norm(*norm2d, training=True, steps=3, eps=1e-3, momentum=0.25),
    batch_norm(*norm2d, training=True, steps=3, momentum=None),
    batch_norm(*norm2d, training=True, steps=1, affine=False),
    batch_norm(*norm2d, training=True, steps=1, track_running_stats=False),
    batch_norm(*norm2d, training=False, steps=1),
    batch_norm(*norm2d, training=False, steps=1, affine=False),
    batch_norm(*norm2d, training=False, steps=1, track_running_stats=False),
    batch_norm("BatchNorm1d", nn.BatchNorm1d, 4, 6, 4, training=True, steps=2),
    batch_norm("BatchNorm1d", nn.BatchNorm1d, 4, 6, 4, 3, training=True, steps=2),
    batch_norm("BatchNorm1d", nn.BatchNorm1d, 4, 6, 4, 3, training=False, steps=1),
]


class Net(nn.Module):
    """The network of the manual."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))


class Mixed(nn.Module):
    """Parameters and buffers of its own behind its modules, a list of modules, a shared module."""

    def __init__(self):
        super().__init__()
        self.input = nn.Linear(2, 3)
        self.norm = nn.BatchNorm2d(3)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3)), nn.Linear(3, 3, bias=False)])
        self.again = self.input
        self.register_buffer("offset", torch.zeros(2))
        self.scale = nn.Parameter(torch.ones(3))


def names(module):
    return {
        "state": [[name, list(value.shape)] for name, value in module.state_dict().items()],
        "parameters": [name for name, _ in module.named_parameters()],
        "buffers": [name for name, _ in module.named_buffers()],
    }


golden = {"cases": CASES, "names": {"net": names(Net()), "mixed": names(Mixed())}}
path = Path(__file__).parents[2] / "packages/layers/test/golden/pytorch.json"
path.write_text(json.dumps(golden) + "\n")
