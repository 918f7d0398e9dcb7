"""The GCN and GAT of apps/examples/gnn in PyTorch."""
import warnings

import torch
from torch import nn
from torch.nn import functional as F

from harness import Program, run

warnings.filterwarnings("ignore", "Sparse CSR tensor support|scatter_reduce")


def with_loops(edges, nodes):
    """The edges, and one from each node to itself in the place of those that there are."""
    edges = edges[:, edges[0] != edges[1]]
    return torch.cat([edges, torch.arange(nodes).expand(2, -1)], 1)


class GCNConv(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.lin = nn.Linear(inputs, outputs, bias=False)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x, adjacency):
        return torch.sparse.mm(adjacency, self.lin(x)) + self.bias


class GCN(nn.Module):
    def __init__(self, inputs, outputs, hidden=64, dropout=0.8):
        super().__init__()
        self.dropout = dropout
        self.convs = nn.ModuleList([GCNConv(inputs, hidden), GCNConv(hidden, outputs)])

    @staticmethod
    def graph(edges, nodes):
        """D^-1/2 (A + I) D^-1/2, computed once."""
        sources, targets = with_loops(edges, nodes)
        roots = torch.zeros(nodes).index_add_(0, targets, torch.ones(len(targets))).rsqrt()
        weights = roots[sources] * roots[targets]
        return torch.sparse_coo_tensor(torch.stack([targets, sources]), weights, (nodes, nodes)).to_sparse_csr()

    def forward(self, x, adjacency):
        x = F.relu(self.convs[0](F.dropout(x, self.dropout, self.training), adjacency))
        return self.convs[1](F.dropout(x, self.dropout, self.training), adjacency)


class GATConv(nn.Module):
    def __init__(self, inputs, outputs, heads, is_joined):
        super().__init__()
        self.heads, self.outputs, self.is_joined = heads, outputs, is_joined
        self.lin = nn.Linear(inputs, heads * outputs, bias=False)
        self.att_src = nn.Parameter(torch.zeros(1, heads, outputs))
        self.att_dst = nn.Parameter(torch.zeros(1, heads, outputs))
        self.bias = nn.Parameter(torch.zeros(heads * outputs if is_joined else outputs))

    def forward(self, x, edges):
        sources, targets = edges
        nodes = x.shape[0]
        values = self.lin(x).view(nodes, self.heads, self.outputs)
        scores = F.leaky_relu((values * self.att_src).sum(2)[sources] + (values * self.att_dst).sum(2)[targets], 0.2)
        index = targets[:, None].expand_as(scores)
        most = torch.full((nodes, self.heads), -torch.inf).scatter_reduce(0, index, scores.detach(), "amax")
        shares = (scores - most[targets]).exp()
        shares = shares / torch.zeros(nodes, self.heads).index_add(0, targets, shares)[targets]
        shares = F.dropout(shares, 0.6, self.training)
        sums = torch.zeros_like(values).index_add(0, targets, shares[:, :, None] * values[sources])
        return (sums.flatten(1) if self.is_joined else sums.mean(1)) + self.bias


class GAT(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.convs = nn.ModuleList([GATConv(inputs, 8, 8, True), GATConv(64, outputs, 1, False)])

    graph = staticmethod(with_loops)

    def forward(self, x, edges):
        x = F.elu(self.convs[0](F.dropout(x, 0.6, self.training), edges))
        return self.convs[1](F.dropout(x, 0.6, self.training), edges)


class Nodes(Program):
    def __init__(self, settings, arrays):
        kind = {"gcn": GCN, "gat": GAT}[settings["kind"]]
        self.x, self.labels = arrays["x"], arrays["labels"]
        self.model = kind(self.x.shape[1], int(self.labels.max()) + 1)
        self.graph = kind.graph(arrays["edges"], len(self.labels))
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.01, weight_decay=0.1)

    def loss(self, batch):
        nodes = batch["nodes"].flatten()
        return F.cross_entropy(self.model(self.x, self.graph)[nodes], self.labels[nodes])

    def metric(self, arrays):
        found = self.model(self.x, self.graph).argmax(1)
        return (found == self.labels)[arrays["test"]].float().mean().item()


if __name__ == "__main__":
    run(Nodes)
