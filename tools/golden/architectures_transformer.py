"""Writes packages/architectures/test/golden/transformer.json: small transformers in PyTorch, with the names of Hugging Face's and torchvision's.

Run: python3 tools/golden/architectures_transformer.py (PyTorch 1.13 or later)
"""

import math

import torch
import torch.nn.functional as F
from architecture_cases import case, integers, write
from torch import nn


def attend(q, k, v, heads, hidden=None):
    """Of [batch, length, features]; true in `hidden` leaves out."""
    split = lambda x, count: x.unflatten(-1, (count, -1)).transpose(1, 2)
    width = q.shape[-1] // heads
    kinds = k.shape[-1] // width
    q = split(q, heads)
    k, v = (split(x, kinds).repeat_interleave(heads // kinds, 1) for x in (k, v))
    scores = q @ k.transpose(-2, -1) / math.sqrt(width)
    if hidden is not None:
        scores = scores.masked_fill(hidden, -math.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def later(length):
    return torch.ones(length, length, dtype=torch.bool).triu(1)


class Conv1D(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        return x @ self.weight + self.bias


class GPT2Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.c_attn = Conv1D(width, 3 * width)
        self.c_proj = Conv1D(width, width)
        self.heads = heads

    def forward(self, x):
        q, k, v = self.c_attn(x).chunk(3, -1)
        return self.c_proj(attend(q, k, v, self.heads, later(x.shape[1])))


class GPT2MLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc = Conv1D(width, 4 * width)
        self.c_proj = Conv1D(4 * width, width)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class GPT2Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = GPT2Attention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = GPT2MLP(width)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT2(nn.Module):
    def __init__(self, vocabulary, positions, width, layers, heads):
        super().__init__()
        body = nn.Module()
        body.wte = nn.Embedding(vocabulary, width)
        body.wpe = nn.Embedding(positions, width)
        body.h = nn.ModuleList(GPT2Block(width, heads) for _ in range(layers))
        body.ln_f = nn.LayerNorm(width)
        self.transformer = body
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.lm_head.weight = body.wte.weight

    def forward(self, ids):
        body = self.transformer
        x = body.wte(ids) + body.wpe(torch.arange(ids.shape[1]))
        for block in body.h:
            x = block(x)
        return self.lm_head(body.ln_f(x))


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * self.weight


def turned(x, base):
    """Rotary positions of [batch, length, heads, features]: i is turned with i + features / 2."""
    half = x.shape[-1] // 2
    angles = torch.arange(x.shape[1], dtype=x.dtype).unsqueeze(1) * base ** (-torch.arange(half, dtype=x.dtype) / half)
    cos, sin = angles.cos().unsqueeze(1), angles.sin().unsqueeze(1)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class LlamaAttention(nn.Module):
    def __init__(self, width, heads, kinds, base):
        super().__init__()
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, width // heads * kinds, bias=False)
        self.v_proj = nn.Linear(width, width // heads * kinds, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)
        self.heads, self.kinds, self.base = heads, kinds, base

    def forward(self, x):
        q = turned(self.q_proj(x).unflatten(-1, (self.heads, -1)), self.base).flatten(2)
        k = turned(self.k_proj(x).unflatten(-1, (self.kinds, -1)), self.base).flatten(2)
        return self.o_proj(attend(q, k, self.v_proj(x), self.heads, later(x.shape[1])))


class LlamaMLP(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.gate_proj = nn.Linear(width, hidden, bias=False)
        self.up_proj = nn.Linear(width, hidden, bias=False)
        self.down_proj = nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class LlamaBlock(nn.Module):
    def __init__(self, width, heads, kinds, hidden, base):
        super().__init__()
        self.self_attn = LlamaAttention(width, heads, kinds, base)
        self.mlp = LlamaMLP(width, hidden)
        self.input_layernorm = RMSNorm(width)
        self.post_attention_layernorm = RMSNorm(width)

    def forward(self, x):
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    def __init__(self, vocabulary, width, layers, heads, kinds, hidden, base=10000.0, tied=False):
        super().__init__()
        body = nn.Module()
        body.embed_tokens = nn.Embedding(vocabulary, width)
        body.layers = nn.ModuleList(LlamaBlock(width, heads, kinds, hidden, base) for _ in range(layers))
        body.norm = RMSNorm(width)
        self.model = body
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        if tied:
            self.lm_head.weight = body.embed_tokens.weight

    def forward(self, ids):
        x = self.model.embed_tokens(ids)
        for block in self.model.layers:
            x = block(x)
        return self.lm_head(self.model.norm(x))


def config(kind, **options):
    return {"type": kind, "options": options}


ids = integers("ids", 9, 2, 6)

write(
    "transformer",
    [
        case("GPT-2", config("GPT2", vocabulary=9, contextLength=8, width=8, layers=2, heads=2, dropout=0), GPT2(9, 8, 8, 2, 2), ids),
        case("LLaMA", config("Llama", vocabulary=9, contextLength=8, width=8, layers=2, heads=2, hidden=12), Llama(9, 8, 2, 2, 2, 12), ids),
        case(
            "LLaMA with grouped queries, another base and tied weights",
            config("Llama", vocabulary=9, contextLength=8, width=8, layers=1, heads=4, keyValueHeads=2, hidden=12, rotaryBase=50, tied=True),
            Llama(9, 8, 1, 4, 2, 12, 50.0, True),
            ids,
        ),
    ],
)
