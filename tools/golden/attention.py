"""Writes packages/autograd/test/golden/attention.json. Run: python3 tools/golden/attention.py (PyTorch 1.13 or later)"""

import math

import torch
import torch.nn.functional as F

from functions import Cases

cases = Cases(18)
add, normal = cases.add, cases.normal


def attention(q, k, v, mask=None, causal=False, scale=None):
    """As torch.nn.functional.scaled_dot_product_attention of PyTorch 2.5 defines it; queries that see nothing give 0."""
    heads = q.shape[-3] if q.dim() > 2 else 1
    repeat = lambda x: x.repeat_interleave(heads // x.shape[-3], -3) if x.dim() > 2 and x.shape[-3] > 0 and heads % x.shape[-3] == 0 else x
    k, v = repeat(k), repeat(v)
    scores = (1 / math.sqrt(q.shape[-1]) if scale is None else scale) * q @ k.transpose(-2, -1)
    if causal:
        scores = scores.masked_fill(~torch.ones(scores.shape[-2:], dtype=torch.bool).tril(), -math.inf)
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    blind = (scores == -math.inf).all(-1, keepdim=True)
    return torch.softmax(scores.masked_fill(blind, 0), -1).masked_fill(blind, 0) @ v


q, k, v = normal(2, 2, 3, 4), normal(2, 2, 5, 4), normal(2, 2, 5, 3)
own = torch.nn.functional._scaled_dot_product_attention if hasattr(F, "_scaled_dot_product_attention") else F.scaled_dot_product_attention
theirs = own(q, k, v, normal(3, 5) * 0)
assert torch.allclose(theirs[0] if isinstance(theirs, tuple) else theirs, attention(q, k, v))

three = ["$0", "$1", "$2"]
seen = torch.tensor([[True, False, True, True, False], [True] * 5, [False, False, False, True, False]])
blind = torch.tensor([[False] * 5, [True, False, True, False, False], [False] * 5])
for shapes in [((3, 4), (5, 4), (5, 2)), ((2, 3, 4), (2, 5, 4), (2, 5, 2)), ((2, 2, 3, 4), (2, 2, 3, 4), (2, 2, 3, 4)), ((2, 1, 3, 2), (2, 3, 2), (2, 3, 2)), ((1, 4, 3, 2), (1, 2, 3, 2), (1, 2, 3, 2)), ((2, 4, 3, 2), (2, 1, 5, 2), (2, 1, 5, 2)), ((6, 2, 3), (3, 4, 3), (3, 4, 1))]:
    inputs = [normal(*shape) for shape in shapes]
    add("scaledDotProductAttention", attention, inputs, three)
    add("scaledDotProductAttention", lambda *x: attention(*x, causal=True), inputs, [*three, {"causal": True}])
add("scaledDotProductAttention", lambda *x: attention(*x, scale=0.3), [q, k, v], [*three, {"scale": 0.3}])
for mask in (seen, blind, seen.reshape(1, 1, 3, 5), seen[:1]):
    add("scaledDotProductAttention", attention, [q, k, v, mask], [*three, {"mask": "$3"}])
    add("scaledDotProductAttention", lambda *x: attention(*x, causal=True), [q, k, v, mask], [*three, {"mask": "$3", "causal": True}])
add("scaledDotProductAttention", attention, [normal(1, 4, 3, 2), normal(1, 2, 5, 2), normal(1, 2, 5, 2), blind], [*three, {"mask": "$3"}])
for mask in (normal(3, 5), normal(2, 1, 3, 5), torch.where(seen, 0.0, -math.inf), torch.where(blind, 0.5, -math.inf)):
    if torch.isinf(mask).any():
        add("scaledDotProductAttention", attention, [q, k, v, mask], [*three, {"mask": "$3"}], gradient=False)
    else:
        add("scaledDotProductAttention", attention, [q, k, v, mask], [*three, {"mask": "$3"}])
add("scaledDotProductAttention", attention, [normal(0, 3, 2), normal(0, 4, 2), normal(0, 4, 2)], three)
cases.write("attention")
