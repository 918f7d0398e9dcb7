"""Writes packages/optimizers/test/golden/problems.json: fifty steps of every optimizer on a small network, whose loss is not convex.

PyTorch computes in float64. What PyTorch 1.13 does not have (Lion, LAMB, Adafactor, Muon), and NAdam, whose product of momenta differs there from the formula
that its documentation gives, is computed by NumPy in float64 from the papers' algorithms.

Beside each run stands what rounding does to it: the same program in float32, with the examples in many other orders, which changes nothing but the rounding of sums, and by how much the
farthest of these differs from float64. Where that is more than 1e-5 no program in float32 can promise better.
Run: python3 tools/golden/optimizer_problems.py (PyTorch 1.13 or later)
"""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

torch.manual_seed(29)
torch.set_num_threads(1)
CHECKPOINTS = [1, 2, 10, 30, 50]
STEPS = 50
SHAPES = {"hidden.weight": (4, 3), "hidden.bias": (4,), "output.weight": (2, 4), "output.bias": (2,)}
GROUP = {"match": "bias$"}


def exact(*shape):
    return (torch.randn(*shape, dtype=torch.float64) * 64).round() / 64


def store(tensor):
    values = np.asarray(tensor.detach() if isinstance(tensor, torch.Tensor) else tensor, dtype=np.float64)
    return {"shape": list(values.shape), "data": [float(f"{value:.8g}") for value in values.flatten()]}


x, y = exact(8, 3), exact(8, 2)
initial = {name: exact(*shape) / 2 for name, shape in SHAPES.items()}
DOUBLE = SimpleNamespace(x=x, y=y, initial=initial)
ORDERS = [torch.randperm(8) for _ in range(4000)]
SINGLE = [
    SimpleNamespace(x=x[order].float(), y=y[order].float(), initial={name: value.float() for name, value in initial.items()})
    for order in ORDERS
]


def loss_of(problem, p):
    hidden = torch.tanh(problem.x @ p["hidden.weight"].T + p["hidden.bias"])
    return ((hidden @ p["output.weight"].T + p["output.bias"] - problem.y) ** 2).mean()


def fresh(problem):
    return {name: value.clone().requires_grad_(True) for name, value in problem.initial.items()}


def difference(a, b):
    a, b = np.asarray(a), np.asarray(b)
    return float(np.max(np.abs(a - b) / (1 + np.abs(b)), initial=0))


def rounding(run, orders=32, most=len(SINGLE)):
    """A run in float64, and how far those in float32 are from it: parameters where they are compared, and the state at the end. Where rounding grows, `most` orders are tried, since a few find only a part of what it does (of Adam, 400 find 1.0e-5, 4,000 find 1.1e-5, and 13,000 find 1.3e-5)."""
    exactly = run(DOUBLE)
    parameters, state = 0.0, 0.0
    for i, problem in enumerate(SINGLE[:most]):
        if i >= orders and max(parameters, state) < 5e-6:
            break
        rounded = run(problem)
        after = zip(rounded["after"].values(), exactly["after"].values()) if isinstance(rounded["after"], dict) else zip(rounded["after"], exactly["after"])
        parameters = max([parameters, *(difference(a, b) for a, b in after)])
        state = max([state, *(difference(value["data"], exactly["state"][key]["data"]) for key, value in rounded.get("state", {}).items())])
    return {**exactly, "float32": {"parameters": float(f"{parameters:.2g}"), "state": float(f"{state:.2g}")}}


SNAKE = {
    "learningRate": "lr",
    "weightDecay": "weight_decay",
    "lrDecay": "lr_decay",
    "initialAccumulatorValue": "initial_accumulator_value",
    "stepSizes": "step_sizes",
    "momentumDecay": "momentum_decay",
}


def snake(options):
    return {SNAKE.get(key, key): tuple(value) if isinstance(value, list) else value for key, value in options.items()}


def record(problem, step_of, parameters, state_of):
    after = {}
    for step in range(1, STEPS + 1):
        gradients = torch.autograd.grad(loss_of(problem, parameters), list(parameters.values()))
        step_of(dict(zip(parameters, gradients)), step)
        if step in CHECKPOINTS:
            after[step] = [value for p in parameters.values() for value in store(p)["data"]]
    return {"after": after, "state": state_of()}


def by_torch(problem, kind, options, group):
    parameters = fresh(problem)
    groups = [
        {"params": [p for name, p in parameters.items() if not name.endswith("bias")]},
        {"params": [p for name, p in parameters.items() if name.endswith("bias")], **snake(group)},
    ]
    instance = getattr(torch.optim, kind)(groups if group else parameters.values(), **snake(options))

    def step_of(gradients, _):
        for name, gradient in gradients.items():
            parameters[name].grad = gradient.to_sparse(1) if kind == "SparseAdam" else gradient
        instance.step()

    def state_of():
        return {
            f"{name}.{slot}": store(torch.as_tensor(value))
            for name, p in parameters.items()
            for slot, value in instance.state[p].items()
            if slot != "step" and value is not None
        }

    result = record(problem, step_of, parameters, state_of)
    saved = instance.state_dict()
    names = {id(p): name for name, p in parameters.items()}
    result["pytorch"] = {
        "groups": saved["param_groups"],
        "names": [names[id(p)] for g in instance.param_groups for p in g["params"]],
        "steps": {i: float(slots["step"]) for i, slots in saved["state"].items() if "step" in slots},
    }
    return result


def by_numpy(problem, update, defaults, options, group):
    parameters = fresh(problem)
    states = {name: {} for name in parameters}

    def step_of(gradients, t):
        for name, gradient in gradients.items():
            o = {**defaults, **options, **(group if name.endswith("bias") else {})}
            sign = -1 if o.get("maximize") else 1
            value = update(parameters[name].detach().numpy().copy(), sign * gradient.numpy(), states[name], t, o)
            parameters[name].data.copy_(torch.as_tensor(value))

    def state_of():
        return {f"{name}.{slot}": store(value) for name, slots in states.items() for slot, value in slots.items()}

    return record(problem, step_of, parameters, state_of)


def moments(state, g, betas):
    beta1, beta2 = betas
    state["exp_avg"] = beta1 * state.get("exp_avg", 0) + (1 - beta1) * g
    state["exp_avg_sq"] = beta2 * state.get("exp_avg_sq", 0) + (1 - beta2) * g**2
    return state["exp_avg"], state["exp_avg_sq"]


# Dozat 2016, as in PyTorch's documentation.
def nadam(p, g, state, t, o):
    beta1, beta2 = o["betas"]
    g = g + o["weightDecay"] * p
    mu, following = (beta1 * (1 - 0.5 * 0.96 ** (i * o["momentumDecay"])) for i in (t, t + 1))
    state["mu_product"] = state.get("mu_product", 1.0) * mu
    m, v = moments(state, g, o["betas"])
    ahead = (1 - mu) * g / (1 - state["mu_product"]) + following * m / (1 - state["mu_product"] * following)
    return p - o["learningRate"] * ahead / (np.sqrt(v / (1 - beta2**t)) + o["eps"])


# Chen et al. 2023, algorithm 2.
def lion(p, g, state, t, o):
    beta1, beta2 = o["betas"]
    m = state.get("exp_avg", np.zeros_like(p))
    change = np.sign(beta1 * m + (1 - beta1) * g)
    state["exp_avg"] = beta2 * m + (1 - beta2) * g
    return p - o["learningRate"] * (change + o["weightDecay"] * p)


# You et al. 2020, algorithm 2.
def lamb(p, g, state, t, o):
    m, v = moments(state, g, o["betas"])
    r = m / (1 - o["betas"][0] ** t) / (np.sqrt(v / (1 - o["betas"][1] ** t)) + o["eps"])
    u = r + o["weightDecay"] * p
    norms = np.linalg.norm(p), np.linalg.norm(u)
    return p - o["learningRate"] * (norms[0] / norms[1] if min(norms) > 0 else 1) * u


# Shazeer & Stern 2018, algorithms 4 and 5, with PyTorch's (2.5) floors and without momentum.
def adafactor(p, g, state, t, o):
    share = t ** o["beta2Decay"]
    squares = g**2
    if p.ndim > 1:
        rows, columns = squares.mean(-1, keepdims=True), squares.mean(-2, keepdims=True)
        state["row_var"] = state.get("row_var", 0) * (1 - share) + share * rows
        state["col_var"] = state.get("col_var", 0) * (1 - share) + share * columns
        v = state["row_var"] * state["col_var"] / np.maximum(state["row_var"].mean(-2, keepdims=True), o["eps"][0])
    else:
        state["variance"] = state.get("variance", 0) * (1 - share) + share * squares
        v = state["variance"]
    u = g / np.sqrt(np.maximum(v, o["eps"][0] ** 2))
    size = lambda a: np.sqrt((a**2).mean())
    step = max(o["eps"][1], size(p)) * min(o["learningRate"], 1 / np.sqrt(t))
    return p * (1 - o["learningRate"] * o["weightDecay"]) - step * u / max(1, size(u) / o["d"])


# Jordan 2024; AdamW where a group says so.
def muon(p, g, state, t, o):
    shrunk = p * (1 - o["learningRate"] * o["weightDecay"])
    if not o["useMuon"]:
        m, v = moments(state, g, o["betas"])
        r = m / (1 - o["betas"][0] ** t) / (np.sqrt(v / (1 - o["betas"][1] ** t)) + o["eps"])
        return shrunk - o["learningRate"] * r
    beta = o["momentum"]
    state["momentum_buffer"] = beta * state.get("momentum_buffer", 0) + (1 - beta) * g
    u = (1 - beta) * g + beta * state["momentum_buffer"] if o["nesterov"] else state["momentum_buffer"]
    rows, columns = u.shape
    X = u.T if rows > columns else u
    X = X / np.linalg.norm(X)
    for _ in range(o["nsSteps"]):
        A = X @ X.T
        X = 3.4445 * X + (-4.775 * A + 2.0315 * A @ A) @ X
    X = X.T if rows > columns else X
    return shrunk - o["learningRate"] * max(1, rows / columns) ** 0.5 * X


PAPERS = {
    "NAdam": (nadam, {"betas": [0.9, 0.999], "eps": 1e-8, "weightDecay": 0, "momentumDecay": 4e-3}),
    "Lion": (lion, {"betas": [0.9, 0.99], "weightDecay": 0}),
    "LAMB": (lamb, {"betas": [0.9, 0.999], "eps": 1e-6, "weightDecay": 0.01}),
    "Adafactor": (adafactor, {"beta2Decay": -0.8, "eps": [2**-23, 1e-3], "d": 1, "weightDecay": 0}),
    "Muon": (
        muon,
        {"useMuon": True, "momentum": 0.95, "nesterov": True, "nsSteps": 5, "weightDecay": 0, "betas": [0.9, 0.95], "eps": 1e-10},
    ),
}
REST = {"useMuon": False, "learningRate": 0.01}
RUNS = [
    ("SGD", {"learningRate": 0.1}, {"learningRate": 0.02}),
    ("SGD", {"learningRate": 0.05, "momentum": 0.9, "dampening": 0.5, "weightDecay": 0.01}, {"weightDecay": 0}),
    ("SGD", {"learningRate": 0.05, "momentum": 0.9, "nesterov": True, "weightDecay": 0.1}, {}),
    ("SGD", {"learningRate": 0.2, "momentum": 0.9, "nesterov": True}, {}),
    ("SGD", {"learningRate": 0.01, "momentum": 0.9, "weightDecay": 0.1, "maximize": True}, {"learningRate": 0.005}),
    ("Adam", {"learningRate": 0.02, "amsgrad": True, "weightDecay": 0.1}, {"weightDecay": 0}),
    ("Adam", {"learningRate": 0.02, "betas": [0.5, 0.75], "eps": 1e-3}, {"betas": [0.9, 0.99]}),
    ("Adam", {"learningRate": 0.1}, {}),
    ("AdamW", {"learningRate": 0.02, "weightDecay": 0.5}, {"learningRate": 0.05, "weightDecay": 0}),
    ("AdamW", {"learningRate": 0.02, "betas": [0.8, 0.9], "amsgrad": True}, {"amsgrad": False}),
    ("Adamax", {"learningRate": 0.02}, {}),
    ("Adamax", {"learningRate": 0.02, "betas": [0.8, 0.9], "eps": 1e-3, "weightDecay": 0.1}, {"weightDecay": 0, "learningRate": 0.05}),
    ("NAdam", {"learningRate": 0.02}, {}),
    ("NAdam", {"learningRate": 0.02, "weightDecay": 0.1, "momentumDecay": 0.1, "betas": [0.8, 0.95]}, {"weightDecay": 0, "learningRate": 0.05}),
    ("RAdam", {"learningRate": 0.02}, {}),
    ("RAdam", {"learningRate": 0.02, "betas": [0.8, 0.9], "eps": 1e-3, "weightDecay": 0.1}, {"weightDecay": 0, "learningRate": 0.05}),
    ("Adagrad", {"learningRate": 0.1}, {"learningRate": 0.3}),
    ("Adagrad", {"learningRate": 0.2, "lrDecay": 0.1, "weightDecay": 0.1, "initialAccumulatorValue": 0.5, "eps": 1e-3}, {"weightDecay": 0}),
    ("Adadelta", {}, {"learningRate": 0.5}),
    ("Adadelta", {"learningRate": 2, "rho": 0.75, "eps": 1e-3, "weightDecay": 0.1}, {"weightDecay": 0}),
    ("RMSprop", {"learningRate": 0.01}, {"learningRate": 0.02}),
    ("RMSprop", {"learningRate": 0.01, "alpha": 0.95, "momentum": 0.9, "weightDecay": 0.1}, {"weightDecay": 0, "momentum": 0}),
    ("RMSprop", {"learningRate": 0.005, "alpha": 0.9, "centered": True, "momentum": 0.9, "eps": 1e-5}, {"centered": False}),
    ("Rprop", {"learningRate": 0.01}, {"learningRate": 0.02}),
    ("Rprop", {"learningRate": 0.1, "etas": [0.4, 1.5], "stepSizes": [1e-3, 0.2]}, {}),
    ("Rprop", {"learningRate": 0.1}, {}),
    ("ASGD", {"learningRate": 0.1}, {"learningRate": 0.2}),
    ("ASGD", {"learningRate": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 5, "weightDecay": 0.1}, {"weightDecay": 0}),
    ("Lion", {"learningRate": 0.01}, {}),
    ("Lion", {"learningRate": 0.02, "betas": [0.8, 0.9], "weightDecay": 0.5}, {"weightDecay": 0, "learningRate": 0.01}),
    ("LAMB", {"learningRate": 0.02}, {}),
    ("LAMB", {"learningRate": 0.01, "betas": [0.8, 0.95], "eps": 1e-3, "weightDecay": 0.5}, {"weightDecay": 0}),
    ("Adafactor", {"learningRate": 0.05}, {}),
    ("Adafactor", {"learningRate": 0.5, "beta2Decay": -0.5, "eps": [1e-3, 0.5], "d": 0.5, "weightDecay": 0.1}, {"weightDecay": 0}),
    ("Muon", {"learningRate": 0.02}, REST),
    ("SparseAdam", {"learningRate": 0.02}, {}),
    ("SparseAdam", {"learningRate": 0.02, "betas": [0.8, 0.9], "eps": 1e-3}, {"learningRate": 0.05}),
    ("Muon", {"learningRate": 0.01, "momentum": 0.9, "nesterov": False, "nsSteps": 4, "weightDecay": 0.1}, {**REST, "weightDecay": 0, "eps": 1e-3}),
]
runs = []
for optimizer, options, group in RUNS:
    if optimizer in PAPERS:
        update, defaults = PAPERS[optimizer]
        result = rounding(lambda problem: by_numpy(problem, update, defaults, options, group))
    else:
        result = rounding(lambda problem: by_torch(problem, optimizer, options, group))
    chosen = {**options, "groups": [{**GROUP, **group}]} if group else options
    runs.append({"optimizer": optimizer, "options": chosen, **result})


# L-BFGS: the parameters after each step, which asks for the loss several times.
def lbfgs(problem, options, steps):
    parameters = fresh(problem)
    names = {"maxIter": "max_iter", "historySize": "history_size", "lineSearchFn": "line_search_fn", "maxEval": "max_eval",
             "toleranceGrad": "tolerance_grad", "toleranceChange": "tolerance_change", **SNAKE}
    instance = torch.optim.LBFGS(parameters.values(), **{names[key]: value for key, value in options.items()})

    def closure():
        instance.zero_grad()
        loss = loss_of(problem, parameters)
        loss.backward()
        return loss

    after, losses = [], []
    for _ in range(steps):
        losses.append(instance.step(closure).item())
        after.append([value for p in parameters.values() for value in store(p)["data"]])
    state = instance.state[instance._params[0]]
    return {"options": options, "losses": losses, "after": after, "evaluations": state["func_evals"], "iterations": state["n_iter"]}


LBFGS = [
    rounding(lambda problem: lbfgs(problem, options, steps), 400, 400)
    for options, steps in [
        ({"learningRate": 0.5, "maxIter": 4}, 5),
        ({"learningRate": 0.25, "maxIter": 10, "historySize": 3, "maxEval": 6}, 5),
        ({"lineSearchFn": "strong_wolfe", "maxIter": 4}, 4),
        ({"lineSearchFn": "strong_wolfe", "learningRate": 8, "maxIter": 3, "historySize": 2}, 5),
        ({"lineSearchFn": "strong_wolfe", "maxIter": 20, "toleranceGrad": 0.05}, 1),
    ]
]

path = Path(__file__).parents[2] / "packages/optimizers/test/golden/problems.json"
path.write_text(json.dumps({"x": store(x), "y": store(y), "initial": {n: store(v) for n, v in initial.items()}, "runs": runs, "lbfgs": LBFGS}) + "\n")
