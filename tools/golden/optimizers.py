"""Writes packages/optimizers/test/golden/pytorch.json: parameters after each of eight steps of PyTorch's optimizers.

Gradients are given, and exact in float32; PyTorch computes in float64. The learning rate halves after four steps.
Run: python3 tools/golden/optimizers.py (PyTorch 1.13 or later)
"""

import json
from pathlib import Path

import torch

torch.manual_seed(13)
torch.set_num_threads(1)
STEPS = 8
SHAPES = {"layer.weight": (3, 2), "layer.bias": (3,)}


def exact(*shape):
    return (torch.randn(*shape, dtype=torch.float64) * 64).round() / 64


def store(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


def stored(tensors):
    return {name: store(tensor) for name, tensor in tensors.items()}


initial = {name: exact(*shape) for name, shape in SHAPES.items()}
gradients = [{name: exact(*shape) for name, shape in SHAPES.items()} for _ in range(STEPS)]


def run(optimizer, options, kind, keywords):
    parameters = {name: value.clone().requires_grad_(True) for name, value in initial.items()}
    instance = kind(parameters.values(), lr=options["learningRate"], **keywords)
    after = []
    for step in range(STEPS):
        if step == 4:
            instance.param_groups[0]["lr"] /= 2
        for name, parameter in parameters.items():
            parameter.grad = gradients[step][name].clone()
        instance.step()
        after.append(stored(parameters))
    state = {
        f"{name}.{slot}": store(value)
        for name, parameter in parameters.items()
        for slot, value in instance.state[parameter].items()
        if slot != "step" and value is not None
    }
    return {"optimizer": optimizer, "options": options, "after": after, "state": state}


def sgd(**options):
    keywords = {{"weightDecay": "weight_decay"}.get(key, key): value for key, value in options.items()}
    return run("SGD", {"learningRate": 0.25, **options}, torch.optim.SGD, keywords)


def adam(optimizer, kind, **options):
    keywords = {{"weightDecay": "weight_decay"}.get(key, key): value for key, value in options.items()}
    return run(optimizer, {"learningRate": 0.125, **options}, kind, keywords)


RUNS = [
    sgd(),
    sgd(weightDecay=0.125),
    sgd(maximize=True),
    sgd(momentum=0.875),
    sgd(momentum=0.875, dampening=0.25),
    sgd(momentum=0.875, nesterov=True),
    sgd(momentum=0.875, nesterov=True, weightDecay=0.125),
    sgd(momentum=0.5, dampening=0.5, weightDecay=0.125, maximize=True),
]
for optimizer, kind in [("AdamW", torch.optim.AdamW), ("Adam", torch.optim.Adam)]:
    RUNS += [
        adam(optimizer, kind),
        adam(optimizer, kind, weightDecay=0.125),
        adam(optimizer, kind, betas=[0.5, 0.75], eps=0.0625),
        adam(optimizer, kind, weightDecay=0.25, maximize=True),
    ]


def clipped(max_norm, norm_type=2.0):
    parameters = [torch.zeros(shape, dtype=torch.float64) for shape in SHAPES.values()]
    for parameter, gradient in zip(parameters, gradients[0].values()):
        parameter.grad = gradient.clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm, norm_type=norm_type)
    return {"maxNorm": max_norm, "normType": "inf" if norm_type == float("inf") else norm_type, "norm": norm.item(), "gradients": dict(zip(SHAPES, [store(p.grad) for p in parameters]))}


def rates(make, steps):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    scheduler = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return values


golden = {
    "initial": stored(initial),
    "gradients": [stored(step) for step in gradients],
    "runs": RUNS,
    "clipping": [clipped(1.0), clipped(100.0), clipped(0.5, float("inf")), clipped(2.0, 1.0), clipped(1.0, 3.0)],
    "schedules": {
        "cosine": rates(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, T_max=10, eta_min=0.125), 10),
        "step": rates(lambda o: torch.optim.lr_scheduler.StepLR(o, step_size=3, gamma=0.5), 10),
    },
}
path = Path(__file__).parents[2] / "packages/optimizers/test/golden/pytorch.json"
path.write_text(json.dumps(golden) + "\n")
