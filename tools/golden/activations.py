"""Writes packages/autograd/test/golden/activations.json: activation functions of PyTorch in float64, with gradients, at their bends, at ±10⁴, ±∞ and
NaN; and packages/layers/test/golden/activations.json: the modules.

Run: python3 tools/golden/activations.py (PyTorch 1.13 or later)
"""

import math

import torch
import torch.nn.functional as F
from functions import Cases
from layer_cases import case, exact, write
from torch import nn

inf, nan = math.inf, math.nan
EVERYTHING = torch.tensor(
    [-inf, -1e4, -100.0, -6.0, -3.0, -2.5, -1.0, -0.5, -0.015625, -0.0, 0.0, 0.015625, 0.5, 1.0, 2.5, 3.0, 6.0, 100.0, 1e4, inf, nan],
    dtype=torch.float64,
)
FINITE = EVERYTHING[1:-2]
NUMBERS = EVERYTHING[:-1]


def functions():
    cases = Cases(31)

    def both(name, f, args=(), x=EVERYTHING):
        """With a cotangent of its own for each number."""
        cases.add(name, f, [x], ["$0", *args])

    for name, f in {
        "relu": F.relu, "relu6": F.relu6, "selu": F.selu, "silu": F.silu, "mish": F.mish, "hardsigmoid": F.hardsigmoid,
        "tanhshrink": F.tanhshrink, "logSigmoid": F.logsigmoid, "softplus": F.softplus,
        "elu": F.elu, "celu": F.celu, "gelu": F.gelu, "hardshrink": F.hardshrink, "hardtanh": F.hardtanh, "leakyRelu": F.leaky_relu,
        "rrelu": F.rrelu,
    }.items():
        both(name, f)
    # The derivative at ±∞ is NaN in PyTorch.
    both("softsign", F.softsign, x=FINITE)
    # The derivative at ±3 is one or the other in PyTorch 1.13, depending on the place in the vector.
    both("hardswish", F.hardswish, x=EVERYTHING[EVERYTHING.abs() != 3])
    # NaN becomes 0 in older versions.
    both("softshrink", F.softshrink, x=NUMBERS)
    both("gelu", lambda x: F.gelu(x, approximate="tanh"), [{"approximate": "tanh"}])
    both("elu", lambda x: F.elu(x, 0.5), [{"alpha": 0.5}])
    both("elu", lambda x: F.elu(x, -2.0), [{"alpha": -2}])
    both("celu", lambda x: F.celu(x, 0.5), [{"alpha": 0.5}])
    both("celu", lambda x: F.celu(x, 3.0), [{"alpha": 3}])
    both("hardshrink", lambda x: F.hardshrink(x, 1.0), [{"lambda": 1}])
    both("softshrink", lambda x: F.softshrink(x, 1.0), [{"lambda": 1}], NUMBERS)
    both("hardtanh", lambda x: F.hardtanh(x, -2.5, 0.5), [{"minValue": -2.5, "maxValue": 0.5}])
    both("leakyRelu", lambda x: F.leaky_relu(x, 0.25), [{"negativeSlope": 0.25}])
    both("leakyRelu", lambda x: F.leaky_relu(x, -2.0), [{"negativeSlope": -2}])
    both("threshold", lambda x: F.threshold(x, 0.5, -2.0), [0.5, -2])
    both("threshold", lambda x: F.threshold(x, -3.0, 7.0), [-3, 7])
    both("softplus", lambda x: F.softplus(x, 2.0, 5.0), [{"beta": 2, "threshold": 5}])
    both("rrelu", lambda x: F.rrelu(x, 0.25, 0.75), [{"lower": 0.25, "upper": 0.75}])
    for shape, slopes in (((3, 2), 2), ((2, 3, 2), 3), ((2, 3, 2, 2), 1), ((4,), 1)):
        cases.add("prelu", F.prelu, [cases.normal(*shape), cases.normal(slopes)], ["$0", "$1"])
    cases.add("prelu", F.prelu, [EVERYTHING[1:-2], torch.tensor([0.25])], ["$0", "$1"])
    for axis in (0, 1, -1):
        cases.add("softmin", lambda x, a=axis: F.softmin(x, a), [cases.normal(2, 3, 4)], ["$0", axis])
    for axis in (-1, 0, 1):
        cases.add("glu", lambda x, a=axis: F.glu(x, a), [cases.normal(2, 4, 6)], ["$0", axis])
    gates = {"reglu": F.relu, "geglu": F.gelu, "swiglu": F.silu}
    for name, f in gates.items():
        for axis in (-1, 0):
            def gated(x, a=axis, f=f):
                value, gate = x.chunk(2, a)
                return value * f(gate)

            cases.add(name, gated, [cases.normal(4, 3, 2)], ["$0", axis])
    cases.add("glu", F.glu, [torch.stack([NUMBERS, NUMBERS.flip(0)], 1)], ["$0"])
    cases.write("activations")


def layers():
    cases = []

    def add(config, module, *shape, training=True):
        cases.append(case(config, module, exact(*shape), training=training))

    shape = (3, 4)
    plain = {
        "ReLU": nn.ReLU, "ReLU6": nn.ReLU6, "ELU": nn.ELU, "CELU": nn.CELU, "SELU": nn.SELU, "GELU": nn.GELU, "Hardshrink": nn.Hardshrink,
        "Hardsigmoid": nn.Hardsigmoid, "Hardswish": nn.Hardswish, "Hardtanh": nn.Hardtanh, "LeakyReLU": nn.LeakyReLU, "LogSigmoid": nn.LogSigmoid,
        "Mish": nn.Mish, "PReLU": nn.PReLU, "SiLU": nn.SiLU, "Sigmoid": nn.Sigmoid, "Softplus": nn.Softplus, "Softshrink": nn.Softshrink,
        "Softsign": nn.Softsign, "Tanh": nn.Tanh, "Tanhshrink": nn.Tanhshrink,
    }
    for name, module in plain.items():
        add({"type": name}, module(), *shape)
    add({"type": "RReLU"}, nn.RReLU(), *shape, training=False)
    add({"type": "RReLU", "lower": 0.25, "upper": 0.5}, nn.RReLU(0.25, 0.5), *shape, training=False)
    add({"type": "ELU", "alpha": 2}, nn.ELU(2.0), *shape)
    add({"type": "CELU", "alpha": 2}, nn.CELU(2.0), *shape)
    add({"type": "GELU", "approximate": "tanh"}, nn.GELU("tanh"), *shape)
    add({"type": "Hardshrink", "lambda": 0.25}, nn.Hardshrink(0.25), *shape)
    add({"type": "Softshrink", "lambda": 0.25}, nn.Softshrink(0.25), *shape)
    add({"type": "Hardtanh", "minValue": -0.5, "maxValue": 0.25}, nn.Hardtanh(-0.5, 0.25), *shape)
    add({"type": "LeakyReLU", "negativeSlope": 0.5}, nn.LeakyReLU(0.5), *shape)
    add({"type": "PReLU", "numParameters": 4, "init": 0.5}, nn.PReLU(4, 0.5), 3, 4, 2)
    add({"type": "Softplus", "beta": 3, "threshold": 2}, nn.Softplus(3, 2), *shape)
    add({"type": "Threshold", "threshold": 0.25, "value": -1}, nn.Threshold(0.25, -1), *shape)
    for name, module in {"Softmax": nn.Softmax, "LogSoftmax": nn.LogSoftmax, "Softmin": nn.Softmin, "GLU": nn.GLU}.items():
        add({"type": name}, module(-1), 3, 2, 4)
        add({"type": name, "axis": 1}, module(1), 3, 2, 4)
    add({"type": "Softmax2d"}, nn.Softmax2d(), 2, 3, 2, 2)
    add({"type": "Softmax2d"}, nn.Softmax2d(), 3, 2, 2)
    write("activations", cases)


functions()
layers()
