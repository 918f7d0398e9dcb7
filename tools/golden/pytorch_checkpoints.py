"""Writes packages/training/test/golden/pytorch-checkpoints.json: checkpoints of torch.save with a model and its optimizer, in base64, and the parameters three steps later.

Run: python3 tools/golden/pytorch_checkpoints.py (PyTorch 1.13 or later)
"""

import base64
import io
import json
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)
x = torch.randn(8, 3)
y = torch.tanh(x.sum(1, keepdim=True)) + torch.randn(8, 1) / 8
start = {name: value.clone() for name, value in nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).state_dict().items()}


def rounded(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{v:.9g}") for v in tensor.flatten().tolist()]}


def nadam(optimizer, closure):
    """A step by the formula, which PyTorch has since 2.0: 1.13 multiplies the next product of momenta by the present momentum once more."""
    closure()
    with torch.no_grad():
        for group in optimizer.param_groups:
            (beta1, beta2), decay = group["betas"], group["momentum_decay"]
            for p in group["params"]:
                state = optimizer.state[p]
                state["step"] += 1
                t = state["step"].item()
                mu, following = (beta1 * (1 - 0.5 * 0.96 ** (i * decay)) for i in (t, t + 1))
                state["mu_product"] *= mu
                m = state["exp_avg"].mul_(beta1).add_(p.grad, alpha=1 - beta1)
                v = state["exp_avg_sq"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                ahead = (1 - mu) * p.grad / (1 - state["mu_product"]) + following * m / (1 - state["mu_product"] * following)
                p -= group["lr"] * ahead / ((v / (1 - beta2**t)).sqrt() + group["eps"])


def run(name, make, legacy=False, schedule=None):
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    model.load_state_dict(start)
    optimizer = make(model)
    scheduler = schedule and schedule(optimizer)

    def closure():
        optimizer.zero_grad()
        loss = (model(x) - y).square().mean()
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)
        scheduler and scheduler.step()
    file = io.BytesIO()
    checkpoint = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3}
    torch.save(checkpoint, file, _use_new_zipfile_serialization=not legacy)
    for _ in range(3):
        nadam(optimizer, closure) if name == "NAdam" else optimizer.step(closure)
        scheduler and scheduler.step()
    after = {key: rounded(value) for key, value in model.state_dict().items()}
    return {"name": name, "file": base64.b64encode(file.getvalue()).decode(), "after": after}


def groups(model):
    biases = [p for name, p in model.named_parameters() if name.endswith("bias")]
    others = [p for name, p in model.named_parameters() if not name.endswith("bias")]
    return torch.optim.AdamW([{"params": others}, {"params": biases, "weight_decay": 0, "lr": 0.05}], lr=0.02, weight_decay=0.1)


optim = torch.optim
runs = [
    run("SGD", lambda m: optim.SGD(m.parameters(), lr=0.05, momentum=0.9, nesterov=True)),
    run("Adam", lambda m: optim.Adam(m.parameters(), lr=0.03, amsgrad=True)),
    run("Adam", lambda m: optim.Adam(m.parameters(), lr=0.03), legacy=True),
    run("AdamW, groups", groups),
    run("Adamax", lambda m: optim.Adamax(m.parameters(), lr=0.03)),
    run("NAdam", lambda m: optim.NAdam(m.parameters(), lr=0.03)),
    run("RAdam", lambda m: optim.RAdam(m.parameters(), lr=0.03)),
    run("Adagrad", lambda m: optim.Adagrad(m.parameters(), lr=0.05, lr_decay=0.1)),
    run("Adadelta", lambda m: optim.Adadelta(m.parameters(), lr=0.5)),
    run("RMSprop", lambda m: optim.RMSprop(m.parameters(), lr=0.01, momentum=0.5, centered=True)),
    run("Rprop", lambda m: optim.Rprop(m.parameters(), lr=0.01)),
    run("ASGD", lambda m: optim.ASGD(m.parameters(), lr=0.05, t0=2)),
    run("LBFGS", lambda m: optim.LBFGS(m.parameters(), lr=0.5, max_iter=2)),
    run("LBFGS, strong Wolfe", lambda m: optim.LBFGS(m.parameters(), max_iter=2, history_size=3, line_search_fn="strong_wolfe")),
    run("LBFGS, one direction", lambda m: optim.LBFGS(m.parameters(), lr=0.25, max_iter=1), legacy=True),
    run("AdamW, cosine", groups, schedule=lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 10)),
    run("LBFGS, cosine", lambda m: optim.LBFGS(m.parameters(), lr=0.5, max_iter=2), schedule=lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 10)),
]
path = Path(__file__).parents[2] / "packages/training/test/golden/pytorch-checkpoints.json"
text = {"x": rounded(x), "y": rounded(y)}
path.write_text(json.dumps({**text, "runs": runs}).replace('{"name"', '\n{"name"') + "\n")
print(path.stat().st_size, "bytes")
