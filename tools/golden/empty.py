"""Writes packages/training/test/golden/empty.json: operations on tensors with empty axes, with their gradients, or that PyTorch refuses them.

Every input is 0.5 everywhere. Run: python3 tools/golden/empty.py (PyTorch 1.13 or later)
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F

CASES = []


def listed(tensor):
    return {"shape": list(tensor.shape), "data": ["NaN" if math.isnan(v) else v for v in tensor.detach().double().ravel().tolist()]}


def case(name, f, *shapes):
    inputs = [torch.full(shape, 0.5, dtype=torch.float64, requires_grad=True) for shape in shapes]
    record = {"name": name, "shapes": [list(shape) for shape in shapes]}
    try:
        output = f(*inputs)
        record["output"] = listed(output)
        if output.dtype == torch.float64 and output.requires_grad:
            output.sum().backward()
            record["gradients"] = [listed(x.grad) for x in inputs]
    except (RuntimeError, IndexError, ValueError):
        record["output"] = None
    CASES.append(record)


for shapes in [((2, 3, 0), (0, 4)), ((0, 2, 3), (3, 4)), ((0,), (0,)), ((0,), (0, 4)), ((3, 0), (0,)), ((0, 3), (3, 0)), ((0, 1, 2, 3), (4, 3, 5)),
               ((5, 2, 0), (5, 0, 4)), ((0,), (2, 0, 4)), ((2, 3, 0), (0,)), ((0, 3, 2), (2,)), ((2, 0), (3, 4)), ((0, 2, 3), (2, 3, 4)), ((2, 0, 3), (3, 0))]:
    case("matmul", torch.matmul, *shapes)
for shape in [(0,), (2, 0), (0, 3)]:
    case("sum", lambda x: x.sum(), shape)
    case("mean", lambda x: x.mean(), shape)
    case("max", lambda x: x.max(), shape)
    case("argmax", lambda x: x.argmax(), shape)
    case("variance", lambda x: x.var(), shape)
    case("std", lambda x: x.std(), shape)
    case("norm", lambda x: torch.linalg.vector_norm(x), shape)
    case("reshape flat", lambda x: x.reshape(-1), shape)
for axis in (0, 1):
    for shape in [(2, 0), (0, 3), (0, 0)]:
        case(f"sum {axis}", lambda x: x.sum(axis), shape)
        case(f"mean {axis}", lambda x: x.mean(axis), shape)
        case(f"max {axis}", lambda x: x.amax(axis), shape)
        case(f"min {axis}", lambda x: x.amin(axis), shape)
        case(f"argmax {axis}", lambda x: x.argmax(axis), shape)
        case(f"variance {axis}", lambda x: x.var(axis), shape)
        case(f"std {axis}", lambda x: x.std(axis), shape)
        case(f"norm {axis}", lambda x: torch.linalg.vector_norm(x, dim=axis), shape)
        case(f"softmax {axis}", lambda x: x.softmax(axis), shape)
        case(f"logSoftmax {axis}", lambda x: x.log_softmax(axis), shape)
for a, b in [((0, 3), (1, 3)), ((0, 3), (1, 1)), ((0, 3), (3,)), ((0, 3), (2, 3)), ((2, 0), (2, 1)), ((0,), (1,)), ((0, 1), (1, 0)), ((2, 0), (0,))]:
    case("add", torch.add, a, b)
    case("mul", torch.mul, a, b)
    case("div", torch.div, a, b)
    case("maximum", torch.maximum, a, b)
for name, f in {"exp": torch.exp, "relu": torch.relu, "sqrt": torch.sqrt, "neg": torch.neg, "gelu": F.gelu, "square": torch.square}.items():
    case(name, f, (0, 3))
for x, w in [((0, 3, 5, 5), (4, 3, 3, 3)), ((0, 4, 5, 5), (2, 4, 3, 3)), ((2, 3, 1, 5), (4, 3, 3, 3))]:
    case("conv2d", F.conv2d, x, w)
case("conv1d", F.conv1d, (0, 3, 5), (4, 3, 3))
case("maxPool2d", lambda x: F.max_pool2d(x, 2), (0, 3, 4, 4))
case("maxPool2d", lambda x: F.max_pool2d(x, 2), (2, 3, 0, 4))
case("avgPool2d", lambda x: F.avg_pool2d(x, 2), (0, 3, 4, 4))
case("concat", lambda a, b: torch.cat([a, b]), (0, 3), (2, 3))
case("concat", lambda a, b: torch.cat([a, b]), (0, 3), (0, 3))
case("concat 1", lambda a, b: torch.cat([a, b], 1), (2, 0), (2, 3))
case("concat 1", lambda a, b: torch.cat([a, b], 1), (0, 2), (0, 3))
case("stack", lambda a, b: torch.stack([a, b]), (0, 2), (0, 2))
case("stack 1", lambda a, b: torch.stack([a, b], 1), (0, 2), (0, 2))
case("pad", lambda x: F.pad(x, (1, 2), value=7), (2, 0))
case("pad", lambda x: F.pad(x, (1, 2), value=7), (0, 2))
case("flip", lambda x: x.flip(0), (0, 3))
case("narrow", lambda x: x.narrow(0, 1, 0), (2, 3))
case("unfold", lambda x: x.unfold(-1, 2, 1), (0, 5))
case("unfold", lambda x: x.unfold(-1, 2, 1), (2, 0))
case("transpose", lambda x: x.transpose(0, 1), (0, 3))
case("flatten", lambda x: x.flatten(1), (0, 3, 4))
case("squeeze", lambda x: x.squeeze(), (1, 0, 1))
case("broadcast", lambda x: x.expand(0, 3), (1, 3))
case("broadcast", lambda x: x.expand(0, 3), (2, 3))
case("reshape rest", lambda x: x.reshape(-1, 3), (0, 3))
case("reshape ambiguous", lambda x: x.reshape(-1, 0), (0, 3))
case("reshape other", lambda x: x.reshape(5, 0), (0, 3))
case("where", lambda a, b: torch.where(a > 0, a, b), (0, 3), (0, 3))
labels = torch.zeros(0, dtype=torch.long)
for reduction in ("mean", "sum", "none"):
    case(f"crossEntropy {reduction}", lambda x: F.cross_entropy(x, labels, reduction=reduction), (0, 3))
    case(f"binaryCrossEntropyWithLogits {reduction}", lambda x: F.binary_cross_entropy_with_logits(x, torch.zeros_like(x), reduction=reduction), (0, 3))
    case(f"meanSquaredError {reduction}", lambda x: F.mse_loss(x, torch.zeros_like(x), reduction=reduction), (0, 3))
    case(f"meanAbsoluteError {reduction}", lambda x: F.l1_loss(x, torch.zeros_like(x), reduction=reduction), (0, 3))
case("linspace", lambda x: x.sum() * 0 + torch.linspace(0, 1, 0), (1,))
case("eye", lambda x: x.sum() * 0 + torch.eye(0, 3), (1,))

path = Path(__file__).parents[2] / "packages/training/test/golden/empty.json"
path.parent.mkdir(exist_ok=True)
path.write_text("[\n" + ",\n".join(json.dumps(one) for one in CASES) + "\n]\n")
print(len(CASES), "cases,", sum(one["output"] is None for one in CASES), "refused")
