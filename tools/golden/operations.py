"""Cases of operations: what they take and give, and their gradients, by PyTorch in float64, from inputs that float32 holds exactly.

A case is {op, options, inputs, output, cotangent, gradients}; tensors are {shape, data}; NaN, infinities and −0 are strings.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

packages = Path(__file__).parents[2] / "packages"


def number(value):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 and math.copysign(1, value) < 0:
        return "-0"
    return int(value) if value == int(value) and abs(value) < 1e15 else float(f"{value:.12g}")


def listed(tensor):
    return {"shape": list(tensor.shape), "data": [number(v) for v in tensor.detach().double().ravel().tolist()]}


def write(path, cases):
    text = "[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n"
    (packages / path).write_text(text)


class Operations:
    def __init__(self, seed, plain_derivatives=False):
        """With plain_derivatives the cotangents of results of less than two axes are 1: gradients are the derivatives themselves."""
        self.random = np.random.default_rng(seed)
        self.plain_derivatives = plain_derivatives

    def normal(self, *shape):
        # Multiples of 1/64, which print short and are exact in float32.
        return torch.tensor(np.round(self.random.normal(size=shape) * 64) / 64)

    def case(self, op, f, inputs, options=None, differentiable=True):
        inputs = [torch.as_tensor(x, dtype=torch.float64).clone() for x in inputs]
        record = {"op": op, "options": options or {}, "inputs": [listed(x) for x in inputs]}
        if not differentiable:
            return {**record, "output": listed(f(*inputs))}
        for x in inputs:
            x.requires_grad_(True)
        output = f(*inputs)
        plain = self.plain_derivatives and output.dim() < 2
        cotangent = torch.ones_like(output) if plain else self.normal(*output.shape)
        output.backward(cotangent)
        gradients = [listed(torch.zeros_like(x) if x.grad is None else x.grad) for x in inputs]
        return {**record, "output": listed(output), "cotangent": listed(cotangent), "gradients": gradients}
