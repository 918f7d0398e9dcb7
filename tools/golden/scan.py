"""Writes packages/autograd/test/golden/scan.json: recurrent cells of PyTorch, written out step by step, with their gradients.

Run: python3 tools/golden/scan.py (PyTorch 2 or later)
"""

import json
from pathlib import Path

import torch

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)
folder = Path(__file__).parents[2] / "packages/autograd/test/golden"
steps, batch, inputs, hidden = 7, 3, 4, 5


def stored(x):
    return {"shape": list(x.shape), "data": [float(f"{value:.9g}") for value in x.detach().flatten().tolist()]}


def case(kind, reverse):
    gates = {"lstm": 4, "gru": 3}[kind]
    cell = {"lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}[kind](inputs, hidden)
    values = {
        "xs": torch.randn(steps, batch, inputs),
        "h": torch.randn(batch, hidden),
        **({"c": torch.randn(batch, hidden)} if kind == "lstm" else {}),
        "inputWeight": cell.weight_ih, "hiddenWeight": cell.weight_hh, "inputBias": cell.bias_ih, "hiddenBias": cell.bias_hh,
    }
    assert cell.weight_ih.shape == (gates * hidden, inputs)
    # What the other side sees: float32.
    for value in values.values():
        value.data = value.data.float().double()
        value.requires_grad_(True)
    state = (values["h"], values["c"]) if kind == "lstm" else values["h"]
    given = [None] * steps
    for t in reversed(range(steps)) if reverse else range(steps):
        state = cell(values["xs"][t], state)
        given[t] = state[0] if kind == "lstm" else state
    outputs = [torch.stack(given), *(state if kind == "lstm" else [state])]
    cotangents = [torch.randn_like(output).float().double() for output in outputs]
    gradients = torch.autograd.grad(outputs, list(values.values()), cotangents)
    return {
        "kind": kind, "reverse": reverse,
        "inputs": {name: stored(value) for name, value in values.items()},
        "outputs": [stored(output) for output in outputs],
        "cotangents": [stored(cotangent) for cotangent in cotangents],
        "gradients": {name: stored(gradient) for name, gradient in zip(values, gradients)},
    }


cases = [case(kind, reverse) for kind in ["lstm", "gru"] for reverse in [False, True]]
(folder / "scan.json").write_text(json.dumps(cases) + "\n")
