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


class Cora(nn.Module):
    """Two graph convolutions of Cora's size, as products with a sparse matrix."""

    def __init__(self, nodes=2708):
        super().__init__()
        self.first, self.second = nn.Linear(1433, 16, bias=False), nn.Linear(16, 7, bias=False)
        self.biases = nn.ParameterList([nn.Parameter(torch.zeros(16)), nn.Parameter(torch.zeros(7))])
        self.features = torch.randn(nodes, 1433)
        edges = torch.cat([torch.randint(0, nodes, (2, 10_556)), torch.arange(nodes).expand(2, nodes)], 1)
        self.matrix = torch.sparse_coo_tensor(edges, torch.rand(edges.shape[1]), (nodes, nodes)).coalesce()

    def forward(self, _):
        hidden = (torch.sparse.mm(self.matrix, self.first(self.features)) + self.biases[0]).relu()
        return torch.sparse.mm(self.matrix, self.second(hidden)) + self.biases[1]


class RMSNorm(nn.Module):
    """The formula: PyTorch has a layer of it since 2.4."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 2**-23) * self.weight


row("embedding", nn.Embedding(30_000, 256), torch.randint(0, 30_000, (32, 128)))
row("multiheadAttention", SelfAttention(128, 4), torch.randn(8, 128, 128))
row("multiheadAttention-long", SelfAttention(512, 8), torch.randn(1, 1024, 512))
row("transformerEncoderLayer", nn.TransformerEncoderLayer(128, 4, 512, 0.0, batch_first=True), torch.randn(8, 128, 128))
row("layerNorm", nn.LayerNorm(512), torch.randn(2048, 512))
row("layerNorm-short", nn.LayerNorm(64), torch.randn(16_384, 64))
row("rmsNorm", RMSNorm(512), torch.randn(2048, 512))
row("softmax", nn.Softmax(-1), torch.randn(2048, 512))
row("logSoftmax", nn.LogSoftmax(-1), torch.randn(2048, 512))
row("convTranspose2d", nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1), torch.randn(8, 64, 28, 28))
for kind in [nn.LSTM, nn.GRU, nn.RNN]:
    row(kind.__name__.lower(), kind(64, 128, num_layers=2), torch.randn(64, 32, 64), output=lambda result: result[0])
row("gcn", Cora(), torch.zeros(1, dtype=torch.int64))
answer(known)
