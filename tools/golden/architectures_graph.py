"""Writes packages/architectures/test/golden/graph.json: small networks on graphs in PyTorch, by the formulas of the papers and with PyTorch Geometric's names.

Run: python3 tools/golden/architectures_graph.py (PyTorch 1.13 or later)
"""

import torch
import torch.nn.functional as F
from architecture_cases import case, integers, numbers, write
from torch import nn


def dense(edges, nodes):
    """Row i: how many edges come to i from each node."""
    adjacency = torch.zeros(nodes, nodes, dtype=torch.float64)
    for source, target in edges.t().tolist():
        adjacency[target, source] += 1
    return adjacency


class GCNConv(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.lin = nn.Linear(inputs, outputs, bias=False)

    def forward(self, x, edges):
        adjacency = dense(edges, len(x))
        # Only nodes without an edge to themselves get one.
        adjacency += torch.diag((adjacency.diagonal() == 0).double())
        scale = adjacency.sum(1).rsqrt()
        return (scale[:, None] * adjacency * scale) @ self.lin(x) + self.bias


class SAGEConv(nn.Module):
    def __init__(self, inputs, outputs, kind, normalize):
        super().__init__()
        self.lin_l = nn.Linear(inputs, outputs)
        self.lin_r = nn.Linear(inputs, outputs, bias=False)
        self.kind, self.normalize = kind, normalize

    def forward(self, x, edges):
        adjacency = dense(edges, len(x))
        if self.kind == "max":
            reached = torch.where((adjacency > 0)[:, :, None], x[None], -torch.inf).max(1).values
            seen = torch.where(adjacency.sum(1, keepdim=True) > 0, reached, 0)
        else:
            seen = adjacency @ x / adjacency.sum(1, keepdim=True).clamp(min=1)
        y = self.lin_l(seen) + self.lin_r(x)
        return F.normalize(y, dim=1) if self.normalize else y


class GATConv(nn.Module):
    def __init__(self, inputs, outputs, heads, concat):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(heads * outputs if concat else outputs))
        self.att_src = nn.Parameter(torch.zeros(1, heads, outputs))
        self.att_dst = nn.Parameter(torch.zeros(1, heads, outputs))
        self.lin = nn.Linear(inputs, heads * outputs, bias=False)
        self.heads, self.concat = heads, concat

    def forward(self, x, edges):
        nodes = len(x)
        adjacency = dense(edges, nodes)
        # An edge that is listed twice is attended to twice; those of nodes to themselves count once.
        adjacency = adjacency * (1 - torch.eye(nodes)) + torch.eye(nodes)
        values = self.lin(x).reshape(nodes, self.heads, -1)
        scores = (values * self.att_dst).sum(2)[:, None] + (values * self.att_src).sum(2)[None]
        weights = F.leaky_relu(scores, 0.2).exp() * adjacency[:, :, None]
        shares = weights / weights.sum(1, keepdim=True)
        y = torch.einsum("ijh,jhf->ihf", shares, values)
        return (y.reshape(nodes, -1) if self.concat else y.mean(1)) + self.bias


class GINConv(nn.Module):
    def __init__(self, inputs, hidden, norm, train):
        super().__init__()
        eps = torch.zeros(1)
        if train:
            self.eps = nn.Parameter(eps)
        else:
            self.register_buffer("eps", eps)
        layers = []
        for each in (inputs, hidden):
            layers += [nn.Linear(each, hidden), *([nn.BatchNorm1d(hidden)] if norm else []), nn.ReLU()]
        self.nn = nn.Sequential(*layers)

    def forward(self, x, edges):
        return self.nn((1 + self.eps) * x + dense(edges, len(x)) @ x)


class Network(nn.Module):
    def __init__(self, convs, activation):
        super().__init__()
        self.convs = nn.ModuleList(convs)
        self.activation = activation

    def forward(self, x, edges):
        for i, conv in enumerate(self.convs):
            x = conv(x, edges) if i == 0 else conv(self.activation(x), edges)
        return x


class GIN(nn.Module):
    def __init__(self, inputs, hidden, layers, outputs, norm, jumping, train=False):
        super().__init__()
        self.convs = nn.ModuleList([GINConv(inputs if i == 0 else hidden, hidden, norm, train) for i in range(layers)])
        self.head = nn.Linear(inputs + layers * hidden if jumping else hidden, outputs)
        self.jumping = jumping

    def forward(self, x, edges):
        seen = [x]
        for conv in self.convs:
            seen.append(conv(seen[-1], edges))
        return self.head(torch.cat(seen, 1) if self.jumping else seen[-1])


class GraphClassifier(nn.Module):
    def __init__(self, encoder, pooling, features=None, classes=None):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(features, classes) if classes else nn.Identity()
        self.pooling = pooling

    def forward(self, x, edges):
        y = self.encoder(x, edges)
        return self.head(y.sum(0, keepdim=True) if self.pooling == "sum" else y.mean(0, keepdim=True))


class LinkPredictor(nn.Module):
    def __init__(self, encoder, features=None):
        super().__init__()
        self.encoder = encoder
        if features:
            self.decoder = nn.Sequential(nn.Linear(features, features), nn.ReLU(), nn.Linear(features, 1))

    def forward(self, x, edges, pairs):
        z = self.encoder(x, edges)
        product = z[pairs[0].long()] * z[pairs[1].long()]
        return self.decoder(product).squeeze(1) if hasattr(self, "decoder") else product.sum(1)


def config(kind, **options):
    return {"type": kind, "options": options}


def wrapped(kind, encoder, **options):
    return {"type": kind, "encoder": encoder, "options": options}


def gcn(hidden, outputs):
    return Network([GCNConv(3, hidden), GCNConv(hidden, outputs)], F.relu)


#: Six nodes and ten edges without pattern, some twice or from a node to itself.
x = numbers("nodes", 6, 3)
edges = integers("edges", 6, 2, 10)
pairs = integers("pairs", 6, 2, 4)
small = dict(inputs=3, outputs=2, hidden=4)

write(
    "graph",
    [
        case("GCN", config("GCN", **small, dropout=0), gcn(4, 2), x, edges),
        case("GraphSAGE", config("GraphSAGE", **small), Network([SAGEConv(3, 4, "mean", True), SAGEConv(4, 2, "mean", False)], F.relu), x, edges),
        case("GraphSAGE, max, three layers", config("GraphSAGE", **small, layers=3, aggregation="max", normalize=False), Network([SAGEConv(3, 4, "max", False), SAGEConv(4, 4, "max", False), SAGEConv(4, 2, "max", False)], F.relu), x, edges),
        case("GAT", config("GAT", inputs=3, outputs=2, hidden=2, heads=3, outputHeads=2, dropout=0), Network([GATConv(3, 2, 3, True), GATConv(6, 2, 2, False)], F.elu), x, edges),
        case("GIN", config("GIN", **small, layers=2, dropout=0), GIN(3, 4, 2, 2, True, True), x, edges),
        case("GIN-ε of the last layer, without normalisation", config("GIN", **small, layers=2, dropout=0, trainEps=True, jumping=False, batchNorm=False), GIN(3, 4, 2, 2, False, False, True), x, edges),
        case("classifier of a graph", wrapped("GraphClassifier", config("GIN", **small, layers=1, dropout=0, batchNorm=False), pooling="sum"), GraphClassifier(GIN(3, 4, 1, 2, False, True), "sum"), x, edges),
        case("classifier of a graph with a head", wrapped("GraphClassifier", config("GCN", inputs=3, outputs=4, hidden=4, dropout=0), head=dict(features=4, classes=5), dropout=0), GraphClassifier(gcn(4, 4), "mean", 4, 5), x, edges),
        case("links by products", wrapped("LinkPredictor", config("GCN", **{**small, "dropout": 0})), LinkPredictor(gcn(4, 2)), x, edges, pairs),
        case("links by a perceptron", wrapped("LinkPredictor", config("GCN", **{**small, "dropout": 0}), decoder="mlp", features=2), LinkPredictor(gcn(4, 2), 2), x, edges, pairs),
    ],
)
