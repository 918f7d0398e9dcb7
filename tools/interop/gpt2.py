"""GPT-2 (Radford et al. 2019) with the names of Hugging Face's GPT2LMHeadModel, in small."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Conv1D(nn.Module):
    """GPT-2 keeps the weights of its linear layers transposed."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(inputs, outputs) * 0.02)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return x @ self.weight + self.bias


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.c_attn = Conv1D(width, 3 * width)
        self.c_proj = Conv1D(width, width)
        self.heads = heads

    def forward(self, x):
        length, width = x.shape[1:]
        q, k, v = (part.unflatten(-1, (self.heads, width // self.heads)).transpose(1, 2) for part in self.c_attn(x).split(width, -1))
        scores = q @ k.transpose(-2, -1) / math.sqrt(width // self.heads)
        hidden = torch.ones(length, length, dtype=torch.bool).triu(1)
        return self.c_proj((scores.masked_fill(hidden, -math.inf).softmax(-1) @ v).transpose(1, 2).flatten(2))


class MLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc = Conv1D(width, 4 * width)
        self.c_proj = Conv1D(4 * width, width)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = MLP(width)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT2(nn.Module):
    def __init__(self, words=50, positions=24, width=32, heads=4, layers=2):
        super().__init__()
        body = nn.Module()
        body.wte = nn.Embedding(words, width)
        body.wpe = nn.Embedding(positions, width)
        body.h = nn.ModuleList([Block(width, heads) for _ in range(layers)])
        body.ln_f = nn.LayerNorm(width)
        self.transformer = body
        self.lm_head = nn.Linear(width, words, bias=False)
        self.lm_head.weight = body.wte.weight

    def forward(self, ids):
        body = self.transformer
        x = body.wte(ids) + body.wpe(torch.arange(ids.shape[1]))
        for block in body.h:
            x = block(x)
        return self.lm_head(body.ln_f(x))


def model():
    return GPT2()


def inputs(numbers, integers):
    return [integers("ids", 50, 2, 12)]


def output(model, inputs):
    return model(*inputs)
