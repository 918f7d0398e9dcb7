"""Writes packages/autograd/test/golden/*.json: values and gradients of PyTorch in float64 (see operations.py).

Run: python3 tools/golden/ops.py (PyTorch 1.13 or later)
"""

import math

import torch
import torch.nn.functional as F
from operations import Operations, write

operations = Operations(5)
case, normal = operations.case, operations.normal


def convolutions():
    settings = [
        ((2, 3, 6, 5), (4, 3, 3, 3), {}),
        ((1, 3, 7, 6), (2, 3, 3, 2), {"stride": [2, 3], "padding": [1, 0]}),
        ((2, 2, 8, 8), (3, 2, 3, 3), {"padding": 2, "dilation": 2}),
        ((1, 4, 6, 6), (6, 2, 3, 3), {"groups": 2, "padding": 1}),
        ((2, 3, 5, 5), (3, 1, 3, 3), {"groups": 3, "stride": 2, "padding": 1}),
        ((1, 4, 9, 8), (4, 2, 2, 3), {"groups": 2, "stride": [3, 2], "padding": [0, 2], "dilation": [2, 3]}),
        ((2, 5, 4, 4), (3, 5, 1, 1), {}),
        ((1, 2, 6, 5), (2, 2, 3, 4), {"padding": "same", "dilation": [1, 2]}),
    ]
    return [case("conv2d", lambda x, w, b, o=o: F.conv2d(x, w, b, **o), [normal(*x), normal(*w), normal(w[0])], o) for x, w, o in settings]


def poolings():
    ties = lambda *shape: torch.relu(normal(*shape))
    settings = [
        ("max_pool2d", ties(2, 2, 6, 6), {"kernelSize": 2}),
        ("max_pool2d", ties(1, 2, 7, 6), {"kernelSize": 3, "stride": 2, "padding": 1}),
        ("max_pool2d", -ties(1, 1, 6, 6), {"kernelSize": [3, 2], "stride": 1, "padding": [1, 1]}),
        ("max_pool2d", torch.zeros(1, 1, 5, 5), {"kernelSize": 3, "stride": 2, "dilation": 2}),
        ("max_pool2d", normal(1, 1, 8, 7), {"kernelSize": 2, "stride": 2, "dilation": [2, 1]}),
        ("avg_pool2d", normal(2, 2, 6, 5), {"kernelSize": 2}),
        ("avg_pool2d", normal(1, 2, 6, 7), {"kernelSize": [3, 2], "stride": [2, 1], "padding": [1, 1]}),
    ]
    cases = []
    for op, x, options in settings:
        arguments = {"kernel_size": options["kernelSize"], **{k: v for k, v in options.items() if k != "kernelSize"}}
        cases.append(case(op, lambda t, op=op, a=arguments: getattr(F, op)(t, **a), [x], options))
    return cases


def activations_and_reductions():
    large = torch.tensor([[1000.0, 999.0, -1000.0], [-1e4, -1e4, -1e4], [0.0, 0.0, 88.0]])
    ties = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [-1.0, 0.0, 0.0]])
    wide = torch.tensor([-20.0, -6.0, -3.5, -1.0, -0.25, 0.0, 0.25, 1.0, 3.5, 6.0, 20.0])
    cases = [
        case("gelu", F.gelu, [wide]),
        case("gelu", F.gelu, [normal(3, 5)]),
    ]
    for axis in (0, 1, -1):
        cases.append(case("softmax", lambda x, a=axis: F.softmax(x, a), [normal(4, 3, 2)], {"axis": axis}))
        cases.append(case("log_softmax", lambda x, a=axis: F.log_softmax(x, a), [normal(4, 3, 2)], {"axis": axis}))
    cases.append(case("softmax", lambda x: F.softmax(x, 1), [large], {"axis": 1}))
    cases.append(case("log_softmax", lambda x: F.log_softmax(x, 1), [large], {"axis": 1}))
    for axes in ([0], [1], [0, 1]):
        cases.append(case("amax", lambda x, a=axes: x.amax(a), [ties], {"axes": axes}))
        cases.append(case("amin", lambda x, a=axes: x.amin(a), [ties], {"axes": axes}))
    for correction in (0, 1):
        cases.append(case("variance", lambda x, c=correction: x.var(1, unbiased=c == 1), [normal(3, 5)], {"axis": 1, "correction": correction}))
    nan = torch.tensor([[1.0, math.nan, 3.0], [2.0, 5.0, 5.0]])
    for op, f in (("amax", lambda x: x.amax(1)), ("amin", lambda x: x.amin(1)), ("argmax", lambda x: x.argmax(1))):
        cases.append(case(op, f, [nan], {"axes": [1]}, differentiable=False))
    cases.append(case("argmax", lambda x: x.argmax(1), [torch.tensor([[1.0, 7.0, 7.0], [-3.0, -3.0, -3.0]])], {"axes": [1]}, differentiable=False))
    return cases


def spreads():
    # Kinks: rows whose elements are all equal, or all 0.
    equal = torch.cat([normal(2, 4), torch.full((1, 4), 0.75), torch.zeros(1, 4)])
    column = torch.full((3, 1), -2.5)
    cases = []
    for correction in (0, 1):
        cases.append(case("std", lambda x, c=correction: x.std(1, unbiased=c == 1), [equal], {"axis": 1, "correction": correction}))
        cases.append(case("std", lambda x, c=correction: x.std(0, unbiased=c == 1), [column], {"axis": 0, "correction": correction}))
    cases.append(case("norm", lambda x: torch.linalg.vector_norm(x, dim=1), [equal], {"axes": [1]}))
    cases.append(case("norm", lambda x: torch.linalg.vector_norm(x, dim=(0, 1)), [torch.zeros(2, 3)], {"axes": [0, 1]}))
    return cases


def products():
    shapes = [
        ((3, 4), (4, 2)),
        ((4,), (4,)),
        ((4,), (4, 3)),
        ((3, 4), (4,)),
        ((2, 3, 4), (2, 4, 3)),
        ((2, 3, 4), (4, 5)),
        ((3, 4), (2, 4, 2)),
        ((2, 1, 3, 4), (3, 4, 2)),
        ((2, 3, 4), (4,)),
        ((1, 1), (1, 1)),
    ]
    return [case("matmul", torch.matmul, [normal(*a), normal(*b)]) for a, b in shapes]


def elementwise():
    inf, nan = math.inf, math.nan
    any_value = torch.tensor([-inf, -100.0, -3.0, -1.0, -0.5, -0.015625, 0.0, 0.015625, 0.5, 1.0, 1.5, 2.5, 3.5, 100.0, inf, nan])
    angles = torch.tensor([-10.0, -3.125, -1.5, 0.0, 0.25, 0.75, 1.5, 3.125, 6.25, 10.0])
    unary = {
        "neg": torch.neg, "abs": torch.abs, "sign": torch.sign, "exp": torch.exp, "expm1": torch.expm1, "log": torch.log, "log1p": torch.log1p, "sqrt": torch.sqrt,
        "tanh": torch.tanh, "sigmoid": torch.sigmoid, "erf": torch.erf, "relu": torch.relu, "floor": torch.floor, "ceil": torch.ceil,
        "round": torch.round, "square": torch.square, "reciprocal": torch.reciprocal, "rsqrt": torch.rsqrt,
    }
    cases = [case(op, f, [any_value]) for op, f in unary.items()]
    cases += [case(op, f, [angles]) for op, f in {"sin": torch.sin, "cos": torch.cos}.items()]
    left = torch.tensor([-inf, -2.0, -1.0, 0.0, 0.5, 1.0, 3.0, inf, nan]).reshape(-1, 1)
    right = left.reshape(1, -1)
    binary = {
        "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "maximum": torch.maximum, "minimum": torch.minimum,
    }
    cases += [case(op, f, [left, right]) for op, f in binary.items()]
    for op, f in {"equal": torch.eq, "notEqual": torch.ne, "less": torch.lt, "lessEqual": torch.le, "greater": torch.gt, "greaterEqual": torch.ge}.items():
        cases.append(case(op, f, [left, right], differentiable=False))
    bases = torch.tensor([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0]).reshape(-1, 1)
    exponents = torch.tensor([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0]).reshape(1, -1)
    cases.append(case("pow", torch.pow, [bases, exponents]))
    for exponent in (-1.5, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 2.5):
        cases.append(case("powNumber", lambda x, e=exponent: x.pow(e), [torch.tensor([0.25, 0.5, 1.0, 2.0, 4.0])], {"exponent": exponent}))
    cases.append(case("clamp", lambda x: x.clamp(-1, 2), [torch.tensor([-3.0, -1.0, 0.0, 2.0, 5.0])], {"low": -1, "high": 2}, differentiable=False))
    return cases


def not_a_number():
    inf, nan = math.inf, math.nan
    rows = torch.tensor([[1.0, nan, 3.0], [nan, nan, 2.0], [2.0, 5.0, 5.0], [-inf, inf, inf]])
    cases = []
    for axes in ([1], [0], [0, 1]):
        cases.append(case("amax", lambda x, a=axes: x.amax(a), [rows], {"axes": axes}))
        cases.append(case("amin", lambda x, a=axes: x.amin(a), [rows], {"axes": axes}))
    cases.append(case("softmax", lambda x: F.softmax(x, 1), [rows], {"axis": 1}))
    cases.append(case("log_softmax", lambda x: F.log_softmax(x, 1), [rows], {"axis": 1}))
    return cases


write("autograd/test/golden/convolution.json", convolutions())
write("autograd/test/golden/pooling.json", poolings())
write("autograd/test/golden/reduction.json", activations_and_reductions())
write("autograd/test/golden/product.json", products())
write("autograd/test/golden/elementwise.json", elementwise())
write("autograd/test/golden/spread.json", spreads())
write("autograd/test/golden/not-a-number.json", not_a_number())
