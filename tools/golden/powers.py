"""Writes packages/autograd/test/golden/powers.json: powers by constants and their first two derivatives at 0 and on both sides. Run: python3 tools/golden/powers.py"""

import torch

from functions import Cases

cases = Cases(31)


def derivatives(x, exponent):
    values = [x**exponent]
    for _ in range(2):
        last = values[-1]
        # What is constant by now has no history.
        values.append(torch.autograd.grad(last.sum(), x, create_graph=True)[0] if last.requires_grad else torch.zeros_like(x))
    return values


for exponent in [0, 1, 2, 3, 4, 0.5, 1.5, 2.5, 0.25, -0.5, -1, -1.5, -2, -3]:
    x = torch.tensor([0.0, 2.0, -2.0], dtype=torch.double, requires_grad=True)
    outputs = [y.detach() for y in derivatives(x, exponent)]
    cases.add("powers", lambda _: outputs, [x], ["$0", exponent], gradient=False)
    # The same exponents as tensors, but for 0, of which PyTorch's second derivative at 0 is then 0 / 0.
    if exponent == 0:
        continue
    outputs = [y.detach() for y in derivatives(x, torch.full_like(x, exponent))]
    cases.add("powers", lambda _, e: outputs, [x, torch.full_like(x, exponent)], ["$0", "$1"], gradient=False)
cases.write("powers")
