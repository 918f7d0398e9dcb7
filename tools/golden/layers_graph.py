"""Writes packages/layers/test/golden/graph.json: layers on graphs by the formulas of their papers, written with dense matrices in float64.

An edge list is two matrices of zeros and ones here: S [edges, nodes] says where each edge comes from, T where it leads to. Names of parameters are those of PyTorch Geometric.
Run: python3 tools/golden/layers_graph.py (PyTorch 1.13 or later)
"""

import torch
import torch.nn.functional as F
from torch import nn

from layer_cases import case, distinct, exact, write

torch.manual_seed(21)
NODES = 5
# Node 4 is reached by nothing and reaches nothing; an edge is listed twice, and one leads from a node to itself.
EDGES = torch.tensor([[0, 1, 2, 0, 3, 1, 0, 2, 3], [1, 2, 0, 1, 1, 1, 3, 3, 0]])
COUNT = EDGES.shape[1]


def ends(edges, nodes):
    return F.one_hot(edges[0], nodes).double(), F.one_hot(edges[1], nodes).double()


def reaching(edges, nodes):
    """[nodes, edges]: whether an edge leads to a node."""
    return F.one_hot(edges[1], nodes).t().bool()


def softmax_to(scores, to):
    """Of scores [edges, heads], the softmax over the edges that lead to one node."""
    masked = torch.where(to[..., None], scores[None], torch.tensor(-torch.inf, dtype=torch.float64))
    shares = torch.where(to[..., None], (masked - masked.amax(1, keepdim=True).clamp(min=-1e9)).exp(), torch.zeros(()).double())
    total = shares.sum(1, keepdim=True)
    return torch.where(to[..., None], shares / torch.where(total == 0, torch.ones(()).double(), total), torch.zeros(()).double()).sum(0)


def combine(kind, messages, to):
    if kind == "sum":
        return to.double() @ messages
    if kind == "mean":
        return to.double() @ messages / to.sum(1, keepdim=True).clamp(min=1)
    if kind == "softmax":
        return to.double() @ (softmax_to(messages, to) * messages)
    largest = torch.where(to[..., None], messages[None], torch.tensor(-torch.inf, dtype=torch.float64)).amax(1)
    return torch.where(to.any(1, keepdim=True), largest, torch.zeros(()).double())


def adjacency(edges, nodes, weights=None):
    """[nodes, nodes]: the weight of all edges from column to row."""
    s, t = ends(edges, nodes)
    return t.t() @ (s if weights is None else s * weights[:, None])


def loops(matrix, edges, weight=1.0):
    own = (edges[0] == edges[1]).double()
    _, t = ends(edges, matrix.shape[0])
    return matrix + weight * torch.diag((t.t() @ own == 0).double())


def both_of(x):
    """Features of sources and of targets, which may be nodes of two kinds."""
    return x if isinstance(x, (list, tuple)) else (x, x)


class GCN(nn.Module):
    def __init__(self, fan_in, fan_out, bias=True, normalize=True, add=None, improved=False):
        super().__init__()
        self.lin = nn.Linear(fan_in, fan_out, bias=False)
        self.bias = nn.Parameter(torch.zeros(fan_out)) if bias else None
        self.normalize, self.add, self.improved = normalize, normalize if add is None else add, improved

    def forward(self, x, edges, weights=None):
        matrix = adjacency(edges, x.shape[0], weights)
        if self.add:
            matrix = loops(matrix, edges, 2.0 if self.improved else 1.0)
        if self.normalize:
            degrees = matrix.sum(1)
            roots = torch.where(degrees > 0, degrees.clamp(min=1e-30) ** -0.5, torch.zeros(()).double())
            matrix = roots[:, None] * matrix * roots
        y = matrix @ self.lin(x)
        return y if self.bias is None else y + self.bias


class Attention(nn.Module):
    """What GAT and GATv2 share."""

    def __init__(self, fan_out, heads, concat, slope, add, edge_features, bias):
        super().__init__()
        self.fan_out, self.heads, self.concat, self.slope, self.add = fan_out, heads, concat, slope, add
        if edge_features:
            self.lin_edge = nn.Linear(edge_features, heads * fan_out, bias=False)
        self.edge_features = edge_features
        self.bias = nn.Parameter(torch.zeros(heads * fan_out if concat else fan_out)) if bias else None

    def heads_of(self, rows):
        return rows.reshape(rows.shape[0], self.heads, self.fan_out)

    def edges_for(self, edges, sources, targets, features):
        """Without edges from a node to itself, and with one for each node, of the mean of the features that come in."""
        if not self.add:
            return edges, features
        others = edges[0] != edges[1]
        edges = edges[:, others]
        count = min(sources, targets)
        own = torch.arange(count).expand(2, count)
        if features is not None:
            features = torch.cat([features[others], combine("mean", features[others], reaching(edges, targets))[:count]])
        return torch.cat([edges, own], 1), features

    def attend(self, scores, values, edges, nodes):
        to = reaching(edges, nodes)
        shares = softmax_to(F.leaky_relu(scores, self.slope) if scores.ndim == 2 else scores, to)
        return self.finish(shares, values, to)

    def finish(self, shares, values, to):
        y = torch.einsum("ne,eh,ehf->nhf", to.double(), shares, values)
        y = y.flatten(1) if self.concat else y.mean(1)
        return y if self.bias is None else y + self.bias


class GAT(Attention):
    def __init__(self, fan_in, fan_out, heads=1, concat=True, slope=0.2, add=True, edge_features=None, bias=True):
        super().__init__(fan_out, heads, concat, slope, add, edge_features, bias)
        if isinstance(fan_in, list):
            self.lin_src, self.lin_dst = (nn.Linear(n, heads * fan_out, bias=False) for n in fan_in)
        else:
            self.lin = nn.Linear(fan_in, heads * fan_out, bias=False)
        self.att_src, self.att_dst = (nn.Parameter(torch.zeros(1, heads, fan_out)) for _ in range(2))
        if edge_features:
            self.att_edge = nn.Parameter(torch.zeros(1, heads, fan_out))

    def forward(self, x, edges, features=None):
        sources, targets = both_of(x)
        edges, features = self.edges_for(edges, len(sources), len(targets), features)
        s, t = F.one_hot(edges[0], len(sources)).double(), F.one_hot(edges[1], len(targets)).double()
        own = hasattr(self, "lin")
        values = self.heads_of((self.lin if own else self.lin_src)(sources))
        seekers = self.heads_of((self.lin if own else self.lin_dst)(targets))
        scores = s @ (values * self.att_src).sum(2) + t @ (seekers * self.att_dst).sum(2)
        if features is not None:
            scores = scores + (self.heads_of(self.lin_edge(features)) * self.att_edge).sum(2)
        to = reaching(edges, len(targets))
        shares = softmax_to(F.leaky_relu(scores, self.slope), to)
        return self.finish(shares, torch.einsum("en,nhf->ehf", s, values), to)


class GATv2(Attention):
    def __init__(self, fan_in, fan_out, heads=1, concat=True, slope=0.2, add=True, edge_features=None, bias=True, share=False):
        super().__init__(fan_out, heads, concat, slope, add, edge_features, bias)
        from_sources, from_targets = both_of(fan_in)
        self.lin_l = nn.Linear(from_sources, heads * fan_out, bias=bias)
        self.lin_r = self.lin_l if share else nn.Linear(from_targets, heads * fan_out, bias=bias)
        self.att = nn.Parameter(torch.zeros(1, heads, fan_out))

    def forward(self, x, edges, features=None):
        sources, targets = both_of(x)
        edges, features = self.edges_for(edges, len(sources), len(targets), features)
        s, t = F.one_hot(edges[0], len(sources)).double(), F.one_hot(edges[1], len(targets)).double()
        left, right = self.heads_of(self.lin_l(sources)), self.heads_of(self.lin_r(targets))
        values = torch.einsum("en,nhf->ehf", s, left)
        both = values + torch.einsum("en,nhf->ehf", t, right)
        if features is not None:
            both = both + self.heads_of(self.lin_edge(features))
        to = reaching(edges, len(targets))
        shares = softmax_to((F.leaky_relu(both, self.slope) * self.att).sum(2), to)
        return self.finish(shares, values, to)


class SAGE(nn.Module):
    def __init__(self, fan_in, fan_out, kind="mean", normalize=False, root=True, bias=True):
        super().__init__()
        from_sources, from_targets = both_of(fan_in)
        if kind == "pool":
            self.lin = nn.Linear(from_sources, from_sources)
        self.lin_l = nn.Linear(from_sources, fan_out, bias=bias)
        if root:
            self.lin_r = nn.Linear(from_targets, fan_out, bias=False)
        self.kind, self.normalize, self.root = kind, normalize, root

    def forward(self, x, edges):
        sources, targets = both_of(x)
        s = F.one_hot(edges[0], len(sources)).double()
        rows = self.lin(sources).relu() if self.kind == "pool" else sources
        y = self.lin_l(combine("max" if self.kind == "pool" else self.kind, s @ rows, reaching(edges, len(targets))))
        if self.root:
            y = y + self.lin_r(targets)
        return F.normalize(y) if self.normalize else y


class GIN(nn.Module):
    def __init__(self, inner, eps=0.0, train=False):
        super().__init__()
        self.nn = inner
        value = torch.tensor([eps], dtype=torch.float64)
        if train:
            self.eps = nn.Parameter(value)
        else:
            self.register_buffer("eps", value)

    def forward(self, x, edges):
        return self.nn((1 + self.eps) * x + adjacency(edges, x.shape[0]) @ x)


class NNConv(nn.Module):
    def __init__(self, fan_in, fan_out, inner, kind="sum", root=True, bias=True):
        super().__init__()
        self.nn = inner
        if root:
            self.lin = nn.Linear(fan_in, fan_out, bias=False)
        self.bias = nn.Parameter(torch.zeros(fan_out)) if bias else None
        self.sizes, self.kind, self.root = (fan_in, fan_out), kind, root

    def forward(self, x, edges, features):
        s, _ = ends(edges, x.shape[0])
        messages = torch.einsum("ei,eio->eo", s @ x, self.nn(features).reshape(-1, *self.sizes))
        y = combine(self.kind, messages, reaching(edges, x.shape[0]))
        if self.root:
            y = y + self.lin(x)
        return y if self.bias is None else y + self.bias


class Pool(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def forward(self, x, graph=None, count=1):
        graph = torch.zeros(x.shape[0], dtype=torch.int64) if graph is None else graph
        return combine(self.kind, x, F.one_hot(graph, count).t().bool())


class AttentionPool(nn.Module):
    def __init__(self, gate, inner=None):
        super().__init__()
        self.gate_nn = gate
        if inner is not None:
            self.nn = inner

    def forward(self, x, graph=None, count=1):
        graph = torch.zeros(x.shape[0], dtype=torch.int64) if graph is None else graph
        to = F.one_hot(graph, count).t().bool()
        values = self.nn(x) if hasattr(self, "nn") else x
        return to.double() @ (softmax_to(self.gate_nn(x), to) * values)


def linear(fan_in, fan_out):
    return {"type": "Linear", "inFeatures": fan_in, "outFeatures": fan_out}


def perceptron(*sizes):
    layers, configs = [], []
    for fan_in, fan_out in zip(sizes, sizes[1:]):
        layers += [nn.Linear(fan_in, fan_out), nn.Tanh()]
        configs += [linear(fan_in, fan_out), {"type": "Tanh"}]
    return nn.Sequential(*layers[:-1]), {"type": "Sequential", "modules": configs[:-1]}


def sized(kind, fan_in, fan_out, **options):
    return {"type": kind, "inFeatures": fan_in, "outFeatures": fan_out, **options}


def positive(count):
    return exact(count).abs() + 0.25


x = lambda features=3: exact(NODES, features)
features = lambda: exact(COUNT, 2)
two = lambda: (exact(NODES, 3), exact(4, 2))
graph = torch.tensor([2, 0, 2, 0, 2])  # of four graphs, two without nodes
bare = torch.tensor([[0, 1, 2, 3], [1, 2, 0, 3]])
empty = torch.zeros(2, 0, dtype=torch.int64)
inner, inner_config = perceptron(3, 4, 2)
edge_net, edge_config = perceptron(2, 3, 6)

CASES = [
    case(sized("GCNConv", 3, 2), GCN(3, 2), x(), EDGES),
    case(sized("GCNConv", 3, 2), GCN(3, 2), x(), empty),
    case(sized("GCNConv", 2, 4, bias=False), GCN(2, 4, bias=False), x(2), EDGES, positive(COUNT)),
    case(sized("GCNConv", 3, 2, addSelfLoops=False), GCN(3, 2, add=False), x(), EDGES, positive(COUNT)),
    case(sized("GCNConv", 3, 2, normalize=False), GCN(3, 2, normalize=False), x(), EDGES, exact(COUNT)),
    case(sized("GCNConv", 3, 2, improved=True), GCN(3, 2, improved=True), x(), EDGES),
    case(sized("GATConv", 3, 2), GAT(3, 2), x(), EDGES),
    case(sized("GATConv", 3, 2, heads=3), GAT(3, 2, heads=3), x(), EDGES),
    case(sized("GATConv", 3, 2, heads=2, concat=False, negativeSlope=0.5), GAT(3, 2, heads=2, concat=False, slope=0.5), x(), EDGES),
    case(sized("GATConv", 3, 2, heads=2, edgeFeatures=2), GAT(3, 2, heads=2, edge_features=2), x(), EDGES, features()),
    case(sized("GATConv", 3, 2, addSelfLoops=False, bias=False), GAT(3, 2, add=False, bias=False), x(), EDGES),
    case(sized("GATv2Conv", 3, 2, heads=2), GATv2(3, 2, heads=2), x(), EDGES),
    case(sized("GATv2Conv", 3, 2, shareWeights=True, concat=False, heads=2), GATv2(3, 2, share=True, concat=False, heads=2), x(), EDGES),
    case(sized("GATv2Conv", 3, 2, edgeFeatures=2, negativeSlope=0.1), GATv2(3, 2, edge_features=2, slope=0.1), x(), EDGES, features()),
    case(sized("GATv2Conv", 3, 2, addSelfLoops=False, bias=False), GATv2(3, 2, add=False, bias=False), x(), EDGES),
    case(sized("SAGEConv", 3, 2), SAGE(3, 2), x(), EDGES),
    case(sized("SAGEConv", 2, 4), SAGE(2, 4), x(2), EDGES),
    case(sized("SAGEConv", 3, 2, aggregation="sum", rootWeight=False), SAGE(3, 2, "sum", root=False), x(), EDGES),
    case(sized("SAGEConv", 3, 2, aggregation="max", normalize=True), SAGE(3, 2, "max", normalize=True), distinct(NODES, 3), EDGES),
    case(sized("SAGEConv", 3, 2, aggregation="pool", bias=False), SAGE(3, 2, "pool", bias=False), x(), bare),
    # From five nodes of three features to four of two.
    case(sized("SAGEConv", [3, 2], 4), SAGE([3, 2], 4), two(), EDGES),
    case(sized("SAGEConv", [3, 2], 2, aggregation="pool"), SAGE([3, 2], 2, "pool"), two(), EDGES),
    case(sized("SAGEConv", 3, 2, aggregation="sum"), SAGE(3, 2, "sum"), (x(), exact(4, 3)), EDGES),
    case(sized("GATConv", [3, 2], 2, heads=2, addSelfLoops=False), GAT([3, 2], 2, heads=2, add=False), two(), EDGES),
    case(sized("GATConv", [3, 2], 2, edgeFeatures=2), GAT([3, 2], 2, edge_features=2), two(), EDGES, features()),
    case(sized("GATConv", 3, 2, addSelfLoops=False), GAT(3, 2, add=False), (x(), exact(4, 3)), EDGES),
    case(sized("GATv2Conv", [3, 2], 2, heads=2, addSelfLoops=False), GATv2([3, 2], 2, heads=2, add=False), two(), EDGES),
    case(sized("GATv2Conv", 3, 2, shareWeights=True, edgeFeatures=2), GATv2(3, 2, share=True, edge_features=2), (x(), exact(4, 3)), EDGES, features()),
    case({"type": "GINConv", "nn": inner_config}, GIN(inner), x(), EDGES),
    case({"type": "GINConv", "nn": linear(3, 2), "eps": 0.5, "trainEps": True}, GIN(nn.Linear(3, 2), 0.5, True), x(), EDGES),
    case(sized("NNConv", 3, 2, nn=edge_config), NNConv(3, 2, edge_net), x(), EDGES, features()),
    case(sized("NNConv", 3, 2, nn=linear(2, 6), aggregation="mean", rootWeight=False), NNConv(3, 2, nn.Linear(2, 6), "mean", root=False), x(), EDGES, features()),
    case(sized("NNConv", 3, 2, nn=linear(2, 6), aggregation="max", bias=False), NNConv(3, 2, nn.Linear(2, 6), "max", bias=False), x(), bare, exact(4, 2)),
    case({"type": "GraphPool", "aggregation": "sum"}, Pool("sum"), x(), graph, 4),
    case({"type": "GraphPool", "aggregation": "mean"}, Pool("mean"), x(), graph, 4),
    case({"type": "GraphPool", "aggregation": "max"}, Pool("max"), distinct(NODES, 3), graph, 4),
    case({"type": "GraphPool", "aggregation": "softmax"}, Pool("softmax"), x(), graph, 4),
    case({"type": "GraphPool", "aggregation": "mean"}, Pool("mean"), x()),
    case({"type": "GraphAttentionPool", "gate_nn": linear(3, 1)}, AttentionPool(nn.Linear(3, 1)), x(), graph, 4),
    case({"type": "GraphAttentionPool", "gate_nn": linear(3, 2), "nn": linear(3, 2)}, AttentionPool(nn.Linear(3, 2), nn.Linear(3, 2)), x()),
]
write("graph", CASES)
