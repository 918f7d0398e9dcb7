"""Cases of tensor functions: what they take and give, and their gradients, by PyTorch in float64, from inputs that float32 holds exactly.

A case is {f, args, inputs, outputs, cotangents, gradients}: `f` is Hebb's name, `args` its arguments, in which "$0" stands for input 0; a
function with several results lists them in the order in which Hebb's object or array has them. NaN and infinities are strings, bool and int32 tensors
have a dtype. `packages/autograd/test/support/pytorch.ts` reads them.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

folder = Path(__file__).parents[2] / "packages/autograd/test/golden"


def number(value):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return int(value) if value == int(value) and abs(value) < 1e15 else float(f"{value:.9g}")


def listed(tensor):
    record = {"shape": list(tensor.shape), "data": [number(v) for v in tensor.detach().double().reshape(-1).tolist()]}
    if not tensor.dtype.is_floating_point:
        record["dtype"] = "bool" if tensor.dtype == torch.bool else "int32"
    return record


class Cases:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.cases = []

    def normal(self, *shape):
        # Multiples of 1/64, which print short and are exact in float32.
        return torch.tensor(np.round(self.random.normal(size=shape) * 64) / 64)

    def integers(self, low, high, *shape):
        return torch.tensor(self.random.integers(low, high, size=shape), dtype=torch.int32)

    def add(self, name, f, inputs, args=("$0",), gradient=True):
        """`f(*inputs)` in PyTorch is `name(...args)` in Hebb. Inputs that are not floating point have no gradient."""
        inputs = [x.detach().clone().double() if x.dtype.is_floating_point else x.clone() for x in map(torch.as_tensor, inputs)]
        leaves = [x for x in inputs if x.dtype.is_floating_point] if gradient else []
        for x in leaves:
            x.requires_grad_(True)
        result = f(*inputs)
        outputs = list(result) if isinstance(result, (tuple, list)) else [result]
        record = {"f": name, "args": list(args), "inputs": [listed(x) for x in inputs], "outputs": [listed(y) for y in outputs]}
        differentiable = [y for y in outputs if y.dtype.is_floating_point and y.requires_grad]
        if leaves and differentiable:
            cotangents = [self.normal(*y.shape) if any(y is one for one in differentiable) else None for y in outputs]
            torch.autograd.backward(differentiable, [c for c in cotangents if c is not None])
            record["cotangents"] = [None if c is None else listed(c) for c in cotangents]
            record["gradients"] = [listed(torch.zeros_like(x) if x.grad is None else x.grad) if x.requires_grad else None for x in inputs]
        self.cases.append(record)

    def write(self, name):
        text = "[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in self.cases) + "\n]\n"
        (folder / f"{name}.json").write_text(text)
        print(f"{name}: {len(self.cases)} cases, {len(text)} bytes")
