"""Writes packages/autograd/test/golden/elementary.json: elementwise functions of PyTorch in float64, with gradients, at their kinks, poles and
signed zeros, at NaN and infinities, broadcast over several ranks, and without elements; and packages/tensor/test/golden/integers.json, those of int32 and bool.

Run: python3 tools/golden/elementwise.py (PyTorch 1.13 or later)
"""

import math

import torch
import torch.nn.functional as F
from operations import Operations, listed, write

operations = Operations(8, plain_derivatives=True)
case, normal = operations.case, operations.normal
inf, nan = math.inf, math.nan


def functions():
    any_value = torch.tensor([-inf, -100.0, -2.5, -1.0, -0.75, -0.015625, -0.0, 0.0, 0.015625, 0.5, 1.0, 1.5, 2.5, 30.0, 100.0, inf, nan])
    unary = {
        "tan": torch.tan, "sinh": torch.sinh, "cosh": torch.cosh, "asinh": torch.asinh, "acosh": torch.acosh, "atanh": torch.atanh,
        "exp2": torch.exp2, "log2": torch.log2, "log10": torch.log10, "asin": torch.asin, "acos": torch.acos, "atan": torch.atan, "erfinv": torch.erfinv,
        "lgamma": torch.lgamma, "trunc": torch.trunc, "frac": torch.frac, "logSigmoid": F.logsigmoid,
    }
    cases = []
    for op, f in unary.items():
        cases += [case(op, f, [x]) for x in (any_value, normal(2, 3), normal(2, 1, 2) + 1.5, normal(), torch.zeros(0, 3))]
    for op, f in {"isNaN": torch.isnan, "isInf": torch.isinf, "isFinite": torch.isfinite}.items():
        cases.append(case(op, f, [any_value], differentiable=False))
    # The derivative at the poles of digamma is a large number in PyTorch.
    between = torch.tensor([-inf, -10.25, -2.5, -0.75, -0.015625, 0.015625, 0.5, 1.0, 1.5, 2.0, 2.5, 8.0, 100.0, 1e6, inf, nan])
    cases += [case("digamma", torch.digamma, [x]) for x in (between, normal(2, 3), normal(), torch.zeros(0, 3))]
    # At infinity, where it is 0, PyTorch has NaN.
    for n in (0, 1, 2, 3, 5):
        cases.append(case("polygamma", lambda x, n=n: torch.polygamma(n, x), [between[5:14]], {"n": n}))
    cases.append(case("polygamma", lambda x: torch.polygamma(1, x), [between[1:5]], {"n": 1}))
    for options in ({}, {"beta": 2.0, "threshold": 3.0}, {"beta": 0.5}, {"beta": -1.0}):
        cases.append(case("softplus", lambda x, o=options: F.softplus(x, **o), [torch.cat([any_value, torch.tensor([1.5, 1.515625])])], options))
    replaced = {"nan": 1.5, "posinf": 7.0, "neginf": -8.0}
    cases.append(case("nanToNum", lambda x: torch.nan_to_num(x, **replaced), [any_value], {"nan": 1.5, "posInf": 7.0, "negInf": -8.0}))

    left = torch.tensor([-inf, -2.5, -1.0, -0.0, 0.0, 0.5, 1.0, 3.0, inf, nan]).reshape(-1, 1)
    right = left.reshape(1, -1)
    binary = {"hypot": torch.hypot, "xlogy": torch.xlogy, "copySign": torch.copysign, "atan2": torch.atan2, "fmod": torch.fmod, "remainder": torch.remainder}
    for op, f in binary.items():
        cases.append(case(op, f, [left, right]))
        cases.append(case(op, f, [normal(2, 1, 3), normal(2, 1)]))
        cases.append(case(op, f, [normal(0, 2), normal(2)]))
        cases.append(case(op, f, [normal(), normal(3)]))
    cases.append(case("lerp", torch.lerp, [normal(2, 3), normal(2, 3), torch.tensor([[0.0, 0.25, 0.5], [0.75, 1.0, 1.5]])]))
    cases.append(case("lerp", torch.lerp, [normal(2, 1, 3), normal(3, 1), normal(1, 3)]))
    cases.append(case("lerp", torch.lerp, [normal(0, 3), normal(3), normal(3)]))
    return cases


def integers():
    numbers = [0, 1, -1, 2, -2, 3, -3, 7, -7, 50, 2147483647, -2147483647, -2147483648, 65536, 123456789]
    left = torch.tensor(numbers, dtype=torch.int32).reshape(-1, 1)
    # Division by 0 throws in PyTorch, and -2147483648 / -1 has no result.
    divisors = torch.tensor([n for n in numbers if n not in (0, -1)], dtype=torch.int32).reshape(1, -1)
    counts = torch.tensor([0, 1, 2, 7, 16, 31], dtype=torch.int32).reshape(1, -1)
    bools = torch.tensor([True, False])
    cases = []

    def add(op, f, *inputs):
        stored = [{"shape": list(x.shape), "dtype": "bool" if x.dtype == torch.bool else "int32", "data": x.int().ravel().tolist()} for x in inputs]
        y = f(*inputs)
        cases.append({"op": op, "inputs": stored, "output": {"shape": list(y.shape), "dtype": "bool" if y.dtype == torch.bool else "int32", "data": y.int().ravel().tolist()}})

    for op, f in {"floorDivide": torch.floor_divide, "remainder": torch.remainder, "fmod": torch.fmod}.items():
        add(op, f, left, divisors)
        add(op, f, left[:0], divisors)
    for op, f in {"bitwiseAnd": torch.bitwise_and, "bitwiseOr": torch.bitwise_or, "bitwiseXor": torch.bitwise_xor}.items():
        add(op, f, left, left.reshape(1, -1))
        add(op, f, bools.reshape(2, 1), bools)
        add(op, f, left, bools)
    add("bitwiseNot", torch.bitwise_not, left)
    add("bitwiseNot", torch.bitwise_not, bools)
    add("bitwiseLeftShift", torch.bitwise_left_shift, left, counts)
    add("bitwiseRightShift", torch.bitwise_right_shift, left, counts)
    return cases


write("tensor/test/golden/integers.json", integers())
write("autograd/test/golden/elementary.json", functions())
