"""The GPT-2 of apps/examples/transformer and apps/examples/chatbot in PyTorch."""
import torch
from torch import nn
from torch.nn import functional as F

from harness import Program, run


class Conv1D(nn.Module):
    """Hugging Face's: a linear layer whose weight lies as [in, out]."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x):
        return torch.addmm(self.bias, x.flatten(0, -2), self.weight).view(*x.shape[:-1], -1)


class Attention(nn.Module):
    def __init__(self, width, heads, length):
        super().__init__()
        self.heads = heads
        self.c_attn, self.c_proj = Conv1D(width, 3 * width), Conv1D(width, width)
        self.register_buffer("ahead", torch.ones(length, length, dtype=torch.bool).triu(1), persistent=False)

    def forward(self, x):
        batch, length, width = x.shape
        query, key, value = (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.c_attn(x).split(width, 2))
        scores = query @ key.transpose(2, 3) * key.shape[-1] ** -0.5
        shares = scores.masked_fill(self.ahead[:length, :length], -torch.inf).softmax(-1)
        return self.c_proj((shares @ value).transpose(1, 2).reshape(batch, length, width))


class MLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc, self.c_proj = Conv1D(width, 4 * width), Conv1D(4 * width, width)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, width, heads, length):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(width), Attention(width, heads, length)
        self.ln_2, self.mlp = nn.LayerNorm(width), MLP(width)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT2(nn.Module):
    def __init__(self, vocabulary, length, width, layers, heads):
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(vocabulary, width),
                "wpe": nn.Embedding(length, width),
                "h": nn.ModuleList(Block(width, heads, length) for _ in range(layers)),
                "ln_f": nn.LayerNorm(width),
            }
        )
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, ids):
        x = self.transformer.wte(ids) + self.transformer.wpe(torch.arange(ids.shape[1]))
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x))


class Writer(Program):
    clip_norm = 1

    def __init__(self, settings, arrays):
        sizes = (settings[name] for name in ("vocabulary", "contextLength", "width", "layers", "heads"))
        self.model = GPT2(*sizes)
        parameters = list(self.model.parameters())
        groups = [
            {"params": [each for each in parameters if each.ndim > 1]},
            {"params": [each for each in parameters if each.ndim < 2], "weight_decay": 0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=settings["learningRate"], betas=(0.9, 0.99), weight_decay=0.1)

    def loss(self, batch):
        return F.cross_entropy(self.model(batch["x"]).flatten(0, 1), batch["y"].flatten())

    def metric(self, arrays):
        parts = zip(arrays["x"].split(64), arrays["y"].split(64))
        total = sum(F.cross_entropy(self.model(x).flatten(0, 1), y.flatten(), reduction="sum") for x, y in parts)
        return (total / arrays["y"].numel()).item()


if __name__ == "__main__":
    run(Writer)
