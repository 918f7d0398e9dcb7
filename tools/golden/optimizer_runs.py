"""Writes packages/optimizers/test/golden/{groups,wrappers,schedules}.json: PyTorch's optimizers with groups of parameters, some of them
frozen at first, and their state_dict; averages of weights; learning rates.

Gradients are given, and exact in float32; PyTorch computes in float64.
Run: python3 tools/golden/optimizer_runs.py (PyTorch 1.13 or later)
"""

import json
from pathlib import Path

import torch
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel

torch.manual_seed(17)
torch.set_num_threads(1)
STEPS, FROZEN_STEPS, SAVED_AFTER = 7, 2, 4
SHAPES = {
    "embedding.weight": (4, 2),
    "body.weight": (3, 2),
    "body.bias": (3,),
    "head.weight": (2, 3),
    "head.bias": (2,),
}
FOLDER = Path(__file__).parents[2] / "packages/optimizers/test/golden"


def exact(*shape):
    return (torch.randn(*shape, dtype=torch.float64) * 64).round() / 64


def store(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().flatten().tolist()}


def stored(tensors):
    return {name: store(tensor) for name, tensor in tensors.items()}


def write(name, golden):
    (FOLDER / f"{name}.json").write_text(json.dumps(golden) + "\n")


initial = {name: exact(*shape) for name, shape in SHAPES.items()}
gradients = [{name: exact(*shape) for name, shape in SHAPES.items()} for _ in range(STEPS)]


def fresh():
    return {name: value.clone().requires_grad_(True) for name, value in initial.items()}


# Groups: the head has ten times the rate, the embedding another weight decay; the body is frozen for two steps.
def grouped(optimizer, kind, options, base, head, embedding):
    parameters = fresh()
    groups = [
        {"params": [parameters["body.weight"], parameters["body.bias"]]},
        {"params": [parameters["head.weight"], parameters["head.bias"]], **head},
        {"params": [parameters["embedding.weight"]], **embedding},
    ]
    instance = kind(groups, **base)
    after, state = [], None
    for step in range(STEPS):
        for name, parameter in parameters.items():
            frozen = step < FROZEN_STEPS and name.startswith("body.")
            parameter.grad = None if frozen else gradients[step][name].clone()
        instance.step()
        after.append(stored(parameters))
        if step + 1 == SAVED_AFTER:
            saved = instance.state_dict()
            state = {
                "param_groups": saved["param_groups"],
                "state": {
                    index: {
                        slot: float(value) if slot == "step" else store(value)
                        for slot, value in slots.items()
                        if value is not None
                    }
                    for index, slots in saved["state"].items()
                },
            }
    names = {id(parameter): name for name, parameter in parameters.items()}
    order = [names[id(parameter)] for group in instance.param_groups for parameter in group["params"]]
    return {"optimizer": optimizer, "options": options, "after": after, "state": state, "names": order}


def adaptive(optimizer, kind):
    options = {
        "learningRate": 0.03125,
        "betas": [0.75, 0.875],
        "weightDecay": 0.125,
        "groups": [
            {"match": "^head\\.", "learningRate": 0.3125},
            {"match": "embedding", "weightDecay": 0, "betas": [0.5, 0.75]},
        ],
    }
    base = {"lr": 0.03125, "betas": (0.75, 0.875), "weight_decay": 0.125}
    return grouped(optimizer, kind, options, base, {"lr": 0.3125}, {"weight_decay": 0, "betas": (0.5, 0.75)})


def momentum():
    options = {
        "learningRate": 0.03125,
        "momentum": 0.875,
        "dampening": 0.25,
        "groups": [
            {"match": "^head\\.", "learningRate": 0.3125, "momentum": 0},
            {"match": "embedding", "weightDecay": 0.25, "dampening": 0, "nesterov": True},
        ],
    }
    base = {"lr": 0.03125, "momentum": 0.875, "dampening": 0.25}
    head = {"lr": 0.3125, "momentum": 0}
    return grouped("SGD", torch.optim.SGD, options, base, head, {"weight_decay": 0.25, "dampening": 0, "nesterov": True})


write(
    "groups",
    {
        "initial": stored(initial),
        "gradients": [stored(step) for step in gradients],
        "frozenSteps": FROZEN_STEPS,
        "savedAfter": SAVED_AFTER,
        "runs": [adaptive("AdamW", torch.optim.AdamW), adaptive("Adam", torch.optim.Adam), momentum()],
    },
)


# Wrappers around SGD with momentum: the values in place of the parameters at the end, and the parameters after every step.
class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(initial["head.weight"].clone())


GRADIENTS = [exact(2, 3) for _ in range(12)]


def wrapped(step_of):
    model = Model()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.125, momentum=0.5)
    step = step_of(model, optimizer)
    after, averages = [], []
    for index, gradient in enumerate(GRADIENTS):
        average = step(index, gradient)
        after.append(store(model.weight))
        averages.append(store(model.weight if average is None else average))
    return {"after": after, "averages": averages}


def averaging(average_of, takes):
    def step_of(model, optimizer):
        averaged = AveragedModel(model, avg_fn=average_of)

        def step(index, gradient):
            model.weight.grad = gradient.clone()
            optimizer.step()
            if takes(index + 1):
                averaged.update_parameters(model)
            return averaged.module.weight if averaged.n_averaged > 0 else None

        return step

    return step_of


def lookahead(steps, alpha):
    def step_of(model, optimizer):
        slow = model.weight.detach().clone()

        def step(index, gradient):
            model.weight.grad = gradient.clone()
            optimizer.step()
            if (index + 1) % steps == 0:
                slow.add_(model.weight.detach() - slow, alpha=alpha)
                model.weight.data.copy_(slow)

        return step

    return step_of


def accumulation(steps, max_norm=None):
    def step_of(model, optimizer):
        def step(index, gradient):
            (model.weight * gradient).sum().div(steps).backward()
            if (index + 1) % steps == 0:
                if max_norm is not None:
                    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
                optimizer.step()
                optimizer.zero_grad()

        return step

    return step_of


write(
    "wrappers",
    {
        "initial": store(initial["head.weight"]),
        "gradients": [store(gradient) for gradient in GRADIENTS],
        "ema": wrapped(averaging(lambda average, value, _: 0.75 * average + 0.25 * value, lambda _: True)),
        "swa": wrapped(averaging(None, lambda update: update >= 4 and (update - 4) % 3 == 0)),
        "lookahead": wrapped(lookahead(3, 0.25)),
        "accumulation": wrapped(accumulation(4)),
        "clippedAccumulation": wrapped(accumulation(4, 0.5)),
    },
)


# Schedules, as factors: rates of an optimizer with lr = 1, for 24 steps.
RUN = 24


def factors(make, rate=1.0):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=rate)
    scheduler = make(optimizer)
    values = []
    for _ in range(RUN):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(values) < RUN:
            scheduler.step()
    return values


def cyclic(**options):
    return lambda o: lr_scheduler.CyclicLR(o, base_lr=0.125, max_lr=1.0, cycle_momentum=False, **options)


def momenta(make):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0, momentum=0.9)
    scheduler = make(optimizer)
    values = []
    for _ in range(RUN):
        values.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if len(values) < RUN:
            scheduler.step()
    return values


def sequence(optimizer):
    warmup = lr_scheduler.LinearLR(optimizer, start_factor=1 / 4, total_iters=3)
    decay = lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
    last = lr_scheduler.CosineAnnealingLR(optimizer, T_max=RUN - 13, eta_min=0.125)
    return lr_scheduler.SequentialLR(optimizer, [warmup, decay, last], milestones=[4, 13])


def chain(optimizer):
    warmup = lr_scheduler.ConstantLR(optimizer, factor=0.25, total_iters=4)
    return lr_scheduler.ChainedScheduler([warmup, lr_scheduler.ExponentialLR(optimizer, gamma=0.875)])


def one_cycle(**options):
    return lambda o: lr_scheduler.OneCycleLR(o, max_lr=1.0, total_steps=RUN, cycle_momentum=False, **options)


VALUES = [1, 0.9, 0.91, 0.9, 0.8999, 0.95, 0.7, 0.71, 0.72, 0.73, 0.69, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.6, 0.7]


def plateau(values, **options):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, eps=0, **options)
    found = []
    for value in values:
        scheduler.step(value)
        found.append(optimizer.param_groups[0]["lr"])
    return {"values": values, "factors": found}


write(
    "schedules",
    {
        "steps": RUN,
        "factors": {
            "constant": factors(lambda o: lr_scheduler.LinearLR(o, start_factor=1 / 6, total_iters=5)),
            "start": factors(lambda o: lr_scheduler.LinearLR(o, start_factor=0.375, total_iters=6)),
            "linear": factors(lambda o: lr_scheduler.LinearLR(o, start_factor=1, end_factor=0.25, total_iters=RUN)),
            "cosine": factors(lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=RUN, eta_min=0.125)),
            "restarts": factors(lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, T_0=3, T_mult=2, eta_min=0.125)),
            "polynomial": factors(lambda o: lr_scheduler.PolynomialLR(o, total_iters=RUN, power=2)),
            "exponential": factors(lambda o: lr_scheduler.ExponentialLR(o, gamma=0.875)),
            "step": factors(lambda o: lr_scheduler.StepLR(o, step_size=5, gamma=0.5)),
            "multiStep": factors(lambda o: lr_scheduler.MultiStepLR(o, milestones=[3, 12, 18], gamma=0.25)),
            "constantUntil": factors(lambda o: lr_scheduler.ConstantLR(o, factor=0.375, total_iters=7)),
            "lambda": factors(lambda o: lr_scheduler.LambdaLR(o, lambda step: 1 / (1 + step) ** 0.5)),
            # Vaswani et al. 2017, over its value at the top.
            "inverseSquareRoot": factors(lambda o: lr_scheduler.LambdaLR(o, lambda t: min((t + 1) ** -0.5, (t + 1) * 4**-1.5) / 4**-0.5)),
            "multiplicative": factors(lambda o: lr_scheduler.MultiplicativeLR(o, lambda step: 0.9)),
            "sequential": factors(sequence),
            "chained": factors(chain),
            "cyclic": factors(cyclic(step_size_up=3, step_size_down=5)),
            "cyclic2": factors(cyclic(step_size_up=4, mode="triangular2")),
            "cyclicRange": factors(cyclic(step_size_up=4, step_size_down=2, mode="exp_range", gamma=0.9375)),
            "oneCycle": factors(one_cycle()),
            "oneCycleLinear": factors(one_cycle(pct_start=0.25, anneal_strategy="linear", div_factor=10, final_div_factor=50)),
        },
        "momenta": {
            "cyclic": momenta(lambda o: lr_scheduler.CyclicLR(o, base_lr=0.125, max_lr=1.0, step_size_up=3, step_size_down=5)),
            "cyclic2": momenta(
                lambda o: lr_scheduler.CyclicLR(o, base_lr=0.125, max_lr=1.0, step_size_up=4, mode="triangular2", base_momentum=0.75)
            ),
            "oneCycle": momenta(lambda o: lr_scheduler.OneCycleLR(o, max_lr=1.0, total_steps=RUN)),
            "oneCycleLinear": momenta(
                lambda o: lr_scheduler.OneCycleLR(
                    o, max_lr=1.0, total_steps=RUN, pct_start=0.25, anneal_strategy="linear", base_momentum=0.5, max_momentum=0.875
                )
            ),
        },
        "plateaus": {
            "default": plateau(VALUES, patience=2),
            "cooldown": plateau(VALUES, patience=1, factor=0.5, cooldown=2, threshold=0.05, min_lr=0.125),
            "max": plateau([-value for value in VALUES], mode="max", patience=1, factor=0.5),
            "maxPositive": plateau([1 / value for value in VALUES], mode="max", patience=1, factor=0.5),
        },
    },
)
