"""Layers of PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
from support.timings import answer
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(1)
known = {}


def row(name, module, *inputs, output=lambda result: result):
    """A case, under a name that layers.ts knows, too; `output` takes of several results the one whose gradients are taken."""
    leaves = [x.requires_grad_() if x.is_floating_point() else x for x in inputs]
    wanted = [*(x for x in leaves if x.requires_grad), *module.parameters()]
    cotangent = torch.randn_like(output(module(*leaves)))

    def forward():
        with torch.no_grad():
            return module(*leaves)

    known[name] = forward
    known[f"{name}-gradient"] = lambda: torch.autograd.grad(output(module(*leaves)), wanted, cotangent)


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.inner = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x):
        return self.inner(x, x, x, need_weights=False)[0]


row("embedding", nn.Embedding(30_000, 256), torch.randint(0, 30_000, (32, 128)))
row("multiheadAttention", SelfAttention(128, 4), torch.randn(8, 128, 128))
row("multiheadAttention-long", SelfAttention(512, 8), torch.randn(1, 1024, 512))
row("transformerEncoderLayer", nn.TransformerEncoderLayer(128, 4, 512, 0.0, batch_first=True), torch.randn(8, 128, 128))
row("convTranspose2d", nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1), torch.randn(8, 64, 28, 28))
for kind in [nn.LSTM, nn.GRU, nn.RNN]:
    row(kind.__name__.lower(), kind(64, 128, num_layers=2), torch.randn(64, 32, 64), output=lambda result: result[0])
answer(known)
