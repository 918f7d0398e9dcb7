"""Writes packages/losses/test/golden/pytorch.json: losses of PyTorch with all options, and their gradients.

Inputs are exact in float32; PyTorch computes in float64. Run: python3 tools/golden/losses.py (PyTorch 1.13 or later)
"""

import itertools
import json
from pathlib import Path

import torch
from torch.nn import functional as F

torch.manual_seed(11)
torch.set_num_threads(1)


def exact(*shape, scale=1):
    return (torch.randn(*shape, dtype=torch.float64) * 64 * scale).round() / 64


def store(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


CASES = []


def case(loss, compute, prediction, target, options, **tensors):
    """A loss, and the gradient of its sum with respect to the prediction."""
    prediction = prediction.clone().requires_grad_(True)
    value = compute(prediction)
    value.sum().backward()
    CASES.append({
        "loss": loss,
        "options": options,
        "tensors": {name: store(tensor) for name, tensor in tensors.items() if tensor is not None},
        "prediction": store(prediction),
        "target": {**store(target), "dtype": "float32" if target.dtype.is_floating_point else "int32"},
        "value": store(value),
        "gradient": store(prediction.grad),
    })


REDUCTIONS = ["mean", "sum", "none"]
for shape in [(5, 4), (2, 4, 3)]:
    logits = exact(*shape, scale=3)
    weight = exact(4).abs() + 0.25
    places = (shape[0], *shape[2:])
    labels = torch.randint(0, 4, places)
    ignoring = labels.clone()
    ignoring[0] = -100
    probabilities = ((exact(*shape).softmax(1)) * 256).round() / 256
    for reduction, smoothing, w, ignore in itertools.product(REDUCTIONS, [0.0, 0.25], [None, weight], [None, 1, -100]):
        target = ignoring if ignore == -100 else labels
        keywords = {} if ignore is None else {"ignore_index": ignore}
        options = {"reduction": reduction, "labelSmoothing": smoothing, **({} if ignore is None else {"ignoreIndex": ignore})}
        case(
            "crossEntropy",
            lambda x: F.cross_entropy(x, target, weight=w, reduction=reduction, label_smoothing=smoothing, **keywords),
            logits, target, options, weight=w,
        )
    # −100 does not count where no other label is named.
    for reduction, smoothing, w in itertools.product(REDUCTIONS, [0.0, 0.25], [None, weight]):
        case(
            "crossEntropy",
            lambda x: F.cross_entropy(x, ignoring, weight=w, reduction=reduction, label_smoothing=smoothing),
            logits, ignoring, {"reduction": reduction, "labelSmoothing": smoothing}, weight=w,
        )
    for reduction, smoothing, w in itertools.product(REDUCTIONS, [0.0, 0.25], [None, weight]):
        case(
            "crossEntropy",
            lambda x: F.cross_entropy(x, probabilities, weight=w, reduction=reduction, label_smoothing=smoothing),
            logits, probabilities, {"reduction": reduction, "labelSmoothing": smoothing}, weight=w,
        )
# Logits whose exponentials overflow.
case("crossEntropy", lambda x: F.cross_entropy(x, torch.tensor([1, 0])), torch.tensor([[1000.0, -1000, 0], [1e4, 1e4, -1e4]], dtype=torch.float64), torch.tensor([1, 0]), {})

logits = torch.cat([exact(3, 4, scale=3), torch.tensor([[0.0, 200, -200, 0]], dtype=torch.float64)])
targets = torch.cat([torch.rand(2, 4, dtype=torch.float64).mul(8).round() / 8, torch.tensor([[1.0, 0, 1, 0], [0, 0, 1, 1]], dtype=torch.float64)])
weight, positive = exact(4, 4).abs() + 0.25, exact(4).abs() + 0.25
for reduction, w, p in itertools.product(REDUCTIONS, [None, weight], [None, positive]):
    case(
        "binaryCrossEntropyWithLogits",
        lambda x: F.binary_cross_entropy_with_logits(x, targets, weight=w, pos_weight=p, reduction=reduction),
        logits, targets, {"reduction": reduction}, weight=w, positiveWeight=p,
    )
for reduction in REDUCTIONS:
    prediction, target = exact(3, 4), exact(3, 4)
    case("meanSquaredError", lambda x: F.mse_loss(x, target, reduction=reduction), prediction, target, {"reduction": reduction})
    case("meanAbsoluteError", lambda x: F.l1_loss(x, target, reduction=reduction), prediction, target, {"reduction": reduction})

path = Path(__file__).parents[2] / "packages/losses/test/golden/pytorch.json"
path.write_text(json.dumps(CASES) + "\n")
