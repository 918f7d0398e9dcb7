"""Gather, scatter and embeddings in PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
import torch.nn.functional as F
from support.timings import answer

torch.set_num_threads(1)
torch.manual_seed(1)


def embedding_gradient():
    weight = torch.randn(50_000, 64, requires_grad=True)
    ids = torch.randint(0, 50_000, (8_192,))
    up = torch.randn(8_192, 64)

    def run():
        weight.grad = None
        F.embedding(ids, weight).backward(up)

    return run


def prepared(f, *tensors):
    return lambda: f(*tensors)


def cases():
    million = torch.randn(1_000_000)
    anywhere = torch.randint(0, 1_000_000, (1_000_000,))
    square = torch.randn(1000, 1000)
    columns = torch.randint(0, 1000, (1000, 1000))
    table = torch.randn(50_000, 64)
    rows = torch.randint(0, 50_000, (8_192,))
    few = torch.randint(0, 100_000, (1_000_000,))
    nodes = torch.randint(0, 10_000, (100_000,))
    edges = torch.randn(100_000, 64)
    return {
        "gather-elements": prepared(lambda x, i: x.gather(0, i), million, anywhere),
        "gather-columns": prepared(lambda x, i: x.gather(1, i), square, columns),
        "index-select-rows": prepared(lambda x, i: x.index_select(0, i), table, rows),
        "scatter-add-elements": prepared(lambda s, i: torch.zeros(100_000).scatter_add(0, i, s), million, few),
        "scatter-add-columns": prepared(lambda s, i: torch.zeros(1000, 1000).scatter_add(1, i, s), square, columns),
        "scatter-add-rows": prepared(lambda s, i: torch.zeros(10_000, 64).index_add(0, i, s), edges, nodes),
        "scatter-max-rows": prepared(
            lambda s, i: torch.full((10_000, 64), -torch.inf).scatter_reduce(0, i[:, None].expand_as(s), s, "amax"), edges, nodes
        ),
        "embedding-gradient": embedding_gradient(),
    }


known = cases()
answer(known)
