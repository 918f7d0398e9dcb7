"""Writes packages/autograd/test/golden/derivatives.json: torch.autograd.functional and functorch on functions that the test writes in Hebb, too.

Run: python3 tools/golden/derivatives.py (PyTorch 1.13 or later, with functorch)
"""

import json
from pathlib import Path

import torch
import torch.autograd.functional as functional
import torch.nn.functional as F
from functorch import grad, jacfwd, jacrev, vmap

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
folder = Path(__file__).parents[2] / "packages/autograd/test/golden"


def values(*shape):
    # What the other side sees: multiples of 1/64, exact in float32.
    return torch.round(torch.randn(shape) * 64) / 64


def stored(x):
    if isinstance(x, (tuple, list)):
        return [stored(part) for part in x]
    return {"shape": list(x.shape), "data": [float(f"{value:.9g}") for value in x.detach().flatten().tolist()]}


def layer(x, w, b):
    return torch.tanh(x @ w + b) * torch.sin(x).sum()


def loss(x, w, b):
    return -F.log_softmax(x @ w + b, -1)[1] + (w**2).sum() / x.exp().sum()


def network(x, w, b):
    y = F.max_pool2d(F.relu(F.conv2d(x[None], w, b, stride=1, padding=1, groups=2)), 2)
    return (y.flatten(1).softmax(-1) * torch.arange(1.0, 9.0)).sum() + y.square().mean()


vector = {"layer": [values(3), values(3, 2), values(2)]}
scalar = {"loss": [values(3), values(3, 4), values(4)], "network": [values(2, 4, 4), values(2, 1, 2, 2), values(2)]}
functions = {"layer": layer, "loss": loss, "network": network}
cases = []


def case(kind, name, inputs, expected, **more):
    cases.append({"kind": kind, "f": name, "inputs": stored(inputs), **more, "expected": stored(expected)})


for name, inputs in {**vector, **scalar}.items():
    f = functions[name]
    arguments = tuple(inputs)
    tangents = tuple(values(*x.shape) for x in inputs)
    cotangent = values(*f(*inputs).shape)
    case("jacobian", name, inputs, functional.jacobian(f, arguments))
    case("jacfwd", name, inputs, jacfwd(f, argnums=(0, 1, 2))(*inputs))
    case("vjp", name, inputs, functional.vjp(f, arguments, cotangent)[1], vector=stored(cotangent))
    case("jvp", name, inputs, functional.jvp(f, arguments, tangents)[1], vector=stored(tangents))
    examples = torch.stack([inputs[0], *(values(*inputs[0].shape) for _ in range(4))])
    case("vmap", name, [examples, *inputs[1:]], vmap(f, in_dims=(0, None, None))(examples, *inputs[1:]))
    case("vmap of jacrev", name, [examples, *inputs[1:]], vmap(jacrev(f), in_dims=(0, None, None))(examples, *inputs[1:]))
    if name in scalar:
        case("hessian", name, inputs, functional.hessian(f, arguments))
        case("hvp", name, inputs, functional.hvp(f, arguments, tangents)[1], vector=stored(tangents))
        each = vmap(grad(f, argnums=(1, 2)), in_dims=(0, None, None))(examples, *inputs[1:])
        case("per-sample gradients", name, [examples, *inputs[1:]], each)

(folder / "derivatives.json").write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
