"""Promotion of dtypes as PyTorch has it, and arithmetic on float16, uint8 and int32: packages/tensor/test/golden/dtypes.json.

torch.result_type for every pair of dtypes, each as a tensor with axes, as one of shape [], and as a Python number; what some operations give."""
import itertools
import json
import warnings
from pathlib import Path

import torch

warnings.filterwarnings("ignore")
DTYPES = {
    "bool": torch.bool,
    "uint8": torch.uint8,
    "int32": torch.int32,
    "float16": torch.float16,
    "float32": torch.float32,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
# Integers of Python are 64 bits wide there, of JavaScript 32 here.
NAMES[torch.int64] = "int32"

promotion = [[NAMES[torch.promote_types(a, b)] for b in DTYPES.values()] for a in DTYPES.values()]


def operand(kind, dtype):
    if kind == "number":
        return {"uint8": 3, "int32": 3, "float16": 1.5, "float32": 1.5}[NAMES[dtype]]
    return torch.ones([2] if kind == "axes" else [], dtype=dtype)


results = []
for (kind_a, kind_b) in itertools.product(["axes", "scalar", "number"], repeat=2):
    if kind_a == kind_b == "number":
        continue
    for a, b in itertools.product(DTYPES, DTYPES):
        if ("number" in (kind_a, kind_b)) and (
            (kind_a == "number" and a in ("bool", "uint8", "float16")) or (kind_b == "number" and b in ("bool", "uint8", "float16"))
        ):
            continue
        result = torch.result_type(operand(kind_a, DTYPES[a]), operand(kind_b, DTYPES[b]))
        results.append([kind_a, a, kind_b, b, NAMES[result]])

halves = [1.0, -0.5, 0.1, 3.0, 2049.0, 65504.0, 1e-7, 6e-5, float("inf"), float("nan")]
bytes_ = [0, 1, 2, 7, 31, 100, 128, 200, 255]


def encoded(values):
    return [None if v != v else "inf" if v == float("inf") else "-inf" if v == float("-inf") else v for v in values]


cases = []


def case(name, result, *operands):
    cases.append(
        {
            "name": name,
            "operands": [{"dtype": NAMES[x.dtype], "shape": list(x.shape), "data": encoded(x.flatten().tolist())} for x in operands],
            "dtype": NAMES[result.dtype],
            "shape": list(result.shape),
            "data": encoded(result.flatten().tolist()),
        }
    )


def every_pair(values, dtype):
    x = torch.tensor(values).to(dtype)
    return x[:, None].contiguous(), x[None, :].contiguous()


h = every_pair(halves, torch.float16)
u = every_pair(bytes_, torch.uint8)
for name in ["add", "sub", "mul", "div"]:
    case(name, getattr(torch, name)(*h), *h)
for name in ["add", "sub", "mul", "bitwise_and", "bitwise_or", "bitwise_xor"]:
    case(name, getattr(torch, name)(*u), *u)
shift = (u[0], torch.arange(0, 8, dtype=torch.uint8)[None, :].contiguous())
case("bitwise_left_shift", torch.bitwise_left_shift(*shift), *shift)
case("bitwise_right_shift", torch.bitwise_right_shift(*shift), *shift)
some = (u[0], u[1][:, 1:].contiguous())
for name in ["floor_divide", "remainder", "fmod"]:
    case(name, getattr(torch, name)(*some), *some)
for dtype in [torch.uint8, torch.int32]:
    x = torch.tensor([0, 3, 7, 200]).to(dtype)
    for name in ["floor", "ceil", "round", "trunc", "abs", "sign", "neg", "bitwise_not", "relu", "sum", "prod", "exp", "sqrt"]:
        case(name, getattr(torch, name)(x), x)
a = torch.tensor([[2**30 + 1, 2, -7], [3, 2**20, 5]], dtype=torch.int32)
b = torch.tensor([[4, 1], [100, -(2**12)], [9, 2**25]], dtype=torch.int32)
case("matmul", a @ b, a, b)
case("einsum ij,jk->ik", torch.einsum("ij,jk->ik", a, b), a, b)
case("tensordot 1", torch.tensordot(a, b, 1), a, b)
case("dot", torch.dot(a[0], b[:, 1].contiguous()), a[0], b[:, 1].contiguous())
case("kron", torch.kron(a, b), a, b)
case("matmul", a.to(torch.uint8) @ b.to(torch.uint8), a.to(torch.uint8), b.to(torch.uint8))
batch = torch.arange(24, dtype=torch.int32).reshape(2, 3, 4)
case("matmul", batch @ batch.transpose(1, 2), batch, batch.transpose(1, 2).contiguous())
wide = torch.tensor([300.7, -1.5, 0.0, 255.9, 65519.0, 65520.0, 1e-8, 3e-5, -70000.0, 0.1])
case("to uint8", wide[:4].to(torch.uint8), wide[:4])
case("to float16", wide.to(torch.float16), wide)
case("to uint8", torch.tensor([-300, -1, 256, 2**30 + 5], dtype=torch.int32).to(torch.uint8), torch.tensor([-300, -1, 256, 2**30 + 5], dtype=torch.int32))

Path(__file__).parents[2].joinpath("packages/tensor/test/golden/dtypes.json").write_text(
    json.dumps({"promotion": promotion, "results": results, "cases": cases}, separators=(",", ":")) + "\n"
)
