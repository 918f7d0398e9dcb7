"""Elementwise functions in PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
import torch.nn.functional as F
from support.timings import answer

torch.set_num_threads(1)
torch.manual_seed(1)
shape = (1000, 1000)
x, y = torch.randn(shape), torch.randn(shape)
positive = torch.rand(shape) + 0.5
unit = torch.rand(shape) * 1.98 - 0.99
mask = x > 0
integers = torch.randint(-1000, 1000, shape, dtype=torch.int32)
divisors = torch.randint(1, 100, shape, dtype=torch.int32)
shifts = torch.randint(0, 31, shape, dtype=torch.int32)
row, column = torch.randn(1000), torch.randn(1000, 1)
above = positive + 1

of_x = {
    **{
        name: getattr(torch, name)
        for name in "abs atan asinh ceil cos cosh erf erfc exp exp2 expm1 floor frac neg reciprocal".split()
        + "relu round sigmoid sign sin sinh square tan tanh trunc".split()
    },
    "gelu": F.gelu,
    "isFinite": torch.isfinite,
    "isInf": torch.isinf,
    "isNaN": torch.isnan,
    "logSigmoid": F.logsigmoid,
    "nanToNum": torch.nan_to_num,
    "softplus": F.softplus,
}
of_positive = {name: getattr(torch, name) for name in "digamma lgamma log log10 log1p log2 rsqrt sqrt".split()}
of_unit = {name: getattr(torch, name) for name in "acos asin atanh erfinv".split()}
of_two = {
    **{name: getattr(torch, name) for name in "add atan2 div fmod hypot less maximum mul remainder sub".split()},
    "copySign": torch.copysign,
    "equal": torch.eq,
    "floorDivide": torch.floor_divide,
}


def case(f, *inputs):
    return lambda: f(*inputs)


known = {
    **{name: case(f, x) for name, f in of_x.items()},
    **{name: case(f, positive) for name, f in of_positive.items()},
    **{name: case(f, unit) for name, f in of_unit.items()},
    **{name: case(f, x, y) for name, f in of_two.items()},
    "acosh": lambda: above.acosh(),
    "clamp": lambda: x.clamp(-1, 1),
    "lerp": lambda: torch.lerp(x, y, 0.3),
    "pow-2": lambda: x**2,
    "cast-int32": lambda: x.to(torch.int32),
    "cast-bool": lambda: x.bool(),
    "several": lambda: ((x * y + x).tanh() * y).relu(),
    "pow": lambda: positive**y,
    "xlogy": lambda: torch.xlogy(positive, y),
    "polygamma": lambda: torch.polygamma(1, positive),
    "where": lambda: torch.where(mask, x, y),
    "and": lambda: mask & mask,
    "not": lambda: ~mask,
    "cast-from-bool": lambda: mask.float(),
    "add-row": lambda: x + row,
    "mul-row": lambda: x * row,
    "add-column": lambda: x + column,
    "mul-column": lambda: x * column,
    "add-outer": lambda: row + column,
    "mul-outer": lambda: row * column,
    "add-int32": lambda: integers + divisors,
    "mul-int32": lambda: integers * divisors,
    "floorDivide-int32": lambda: torch.floor_divide(integers, divisors),
    "remainder-int32": lambda: integers % divisors,
    "fmod-int32": lambda: torch.fmod(integers, divisors),
    "maximum-int32": lambda: torch.maximum(integers, divisors),
    "bitwiseAnd": lambda: integers & divisors,
    "bitwiseXor": lambda: integers ^ divisors,
    "bitwiseNot": lambda: ~integers,
    "bitwiseLeftShift": lambda: integers << shifts,
    "bitwiseRightShift": lambda: integers >> shifts,
    "cast-from-int32": lambda: integers.float(),
}
answer(known)
