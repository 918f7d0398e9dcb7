"""Writes packages/layers/test/golden/adapters.json: layers of PyTorch with low-rank adapters (Hu et al. 2021), by their formula: weights W + (alpha / rank) B A.

Run: python3 tools/golden/layers_adapters.py (PyTorch 1.13 or later)
"""

import torch
import torch.nn.functional as F
from layer_cases import case, exact, write
from torch import nn


def low_rank(inputs, outputs, rank):
    return nn.Linear(inputs, rank, bias=False), nn.Linear(rank, outputs, bias=False)


class LoRALinear(nn.Module):
    def __init__(self, inputs, outputs, rank, alpha, bias=True):
        super().__init__()
        self.base_layer = nn.Linear(inputs, outputs, bias=bias).requires_grad_(False)
        self.lora_A, self.lora_B = low_rank(inputs, outputs, rank)
        self.scale = alpha / rank

    def forward(self, x):
        return F.linear(x, self.base_layer.weight + self.scale * self.lora_B.weight @ self.lora_A.weight, self.base_layer.bias)


class LoRAAttention(nn.Module):
    def __init__(self, width, heads, rank, alpha, targets):
        super().__init__()
        self.base_layer = nn.MultiheadAttention(width, heads, batch_first=True).requires_grad_(False)
        pairs = {target: low_rank(width, width, rank) for target in targets}
        self.lora_A = nn.ModuleDict({target: A for target, (A, _) in pairs.items()})
        self.lora_B = nn.ModuleDict({target: B for target, (_, B) in pairs.items()})
        self.scale = alpha / rank
        self.width, self.heads = width, heads

    def forward(self, query, key, value):
        none = torch.zeros(self.width, self.width)
        change = [
            self.scale * self.lora_B[target].weight @ self.lora_A[target].weight if target in self.lora_A else none
            for target in ("query", "key", "value")
        ]
        base = self.base_layer
        result, _ = F.multi_head_attention_forward(
            query.transpose(0, 1), key.transpose(0, 1), value.transpose(0, 1), self.width, self.heads, base.in_proj_weight + torch.cat(change),
            base.in_proj_bias, None, None, False, 0.0, base.out_proj.weight, base.out_proj.bias, need_weights=False,
        )  # fmt: skip
        return result.transpose(0, 1)


def linear(inputs, outputs, rank, alpha, *shape, bias=True):
    base = {"type": "Linear", "inFeatures": inputs, "outFeatures": outputs, "bias": bias}
    config = {"type": "LoRALinear", "base_layer": base, "rank": rank, "alpha": alpha}
    return case(config, LoRALinear(inputs, outputs, rank, alpha, bias), exact(*shape, inputs))


def attention(width, heads, rank, alpha, targets, lengths):
    base = {"type": "MultiheadAttention", "embedDim": width, "numHeads": heads, "batchFirst": True}
    config = {"type": "LoRAAttention", "base_layer": base, "rank": rank, "alpha": alpha, "targets": targets}
    queries, keys = lengths
    given = exact(2, queries, width), exact(2, keys, width), exact(2, keys, width)
    return case(config, LoRAAttention(width, heads, rank, alpha, targets), *given)


torch.set_default_dtype(torch.float64)
write(
    "adapters",
    [
        linear(4, 3, 2, 2, 5),
        linear(3, 4, 1, 4, 2, 3, bias=False),
        attention(4, 2, 2, 3, ["query", "value"], (3, 3)),
        attention(4, 1, 1, 1, ["key"], (2, 3)),
        attention(6, 3, 2, 0.5, ["query", "key", "value"], (2, 4)),
    ],
)
