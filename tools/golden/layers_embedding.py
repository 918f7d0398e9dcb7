"""Writes packages/layers/test/golden/embedding.json and max-norm.json: Embedding and EmbeddingBag of PyTorch, and steps of a table with a largest norm.

Run: python3 tools/golden/layers_embedding.py (PyTorch 1.13 or later)
"""

import json
from pathlib import Path

import torch
from layer_cases import case, exact, store, write
from torch import nn


def embedding(ids, training=True, rows=5, columns=3, **options):
    names = {"padding_idx": "paddingIndex", "max_norm": "maxNorm", "norm_type": "normType", "scale_grad_by_freq": "scaleGradByFrequency"}
    config = {"type": "Embedding", "numEmbeddings": rows, "embeddingDim": columns}
    config.update({names[key]: value for key, value in options.items()})
    return case(config, nn.Embedding(rows, columns, **options), torch.tensor(ids), training=training)


def bag(ids, offsets=None, weights=None, rows=5, columns=3, **options):
    names = {
        "padding_idx": "paddingIndex",
        "max_norm": "maxNorm",
        "norm_type": "normType",
        "scale_grad_by_freq": "scaleGradByFrequency",
        "mode": "mode",
        "include_last_offset": "includeLastOffset",
    }
    config = {"type": "EmbeddingBag", "numEmbeddings": rows, "embeddingDim": columns}
    config.update({names[key]: value for key, value in options.items()})
    ids = torch.tensor(ids)
    given = [ids]
    if offsets is not None or weights:
        given.append(None if offsets is None else torch.tensor(offsets))
    if weights:
        given.append(exact(*ids.shape))
    return case(config, nn.EmbeddingBag(rows, columns, **options), *given)


IDS = [[1, 4, 1], [0, 1, 3]]
LIST = [1, 4, 1, 0, 1, 3, 2]
# PyTorch's bags look a row's frequency up at the wrong place, unless all but the last row are there once.
ONCE = [4, 0, 4, 1, 2, 3]
write(
    "embedding",
    [
        embedding(3),
        embedding([1, 4, 1, 0]),
        embedding(IDS),
        embedding(IDS, padding_idx=1),
        embedding(IDS, padding_idx=-2),
        embedding(IDS, scale_grad_by_freq=True),
        embedding(IDS, padding_idx=0, scale_grad_by_freq=True),
        embedding(IDS, max_norm=1.0),
        embedding(IDS, max_norm=0.75, norm_type=1.0),
        embedding(IDS, max_norm=1.0, norm_type=3.0, padding_idx=4),
        bag(IDS),
        bag(IDS, mode="sum"),
        bag(IDS, mode="max"),
        bag(IDS, mode="sum", weights=True),
        bag(IDS, mode="mean", padding_idx=1),
        bag(IDS, mode="sum", padding_idx=1),
        bag(IDS, mode="max", padding_idx=1),
        bag([[1, 1], [0, 2]], mode="mean", padding_idx=1),
        bag(LIST, [0, 2, 2, 5]),
        bag(LIST, [0, 2, 2, 5], mode="sum"),
        bag(LIST, [0, 2, 2, 5], mode="max"),
        bag(LIST, [0, 2, 2, 5], mode="sum", weights=True),
        bag(LIST, [0, 2, 5, 7], mode="sum", include_last_offset=True),
        bag(LIST, [0, 2, 5, 7], mode="mean", include_last_offset=True, padding_idx=1),
        bag(ONCE, [0, 3], mode="sum", scale_grad_by_freq=True),
        bag(ONCE, [0, 3], mode="mean", scale_grad_by_freq=True),
        bag(IDS, mode="sum", max_norm=1.0),
        bag(LIST, [0, 3], mode="max", max_norm=0.75, norm_type=1.0),
    ],
)

start, batches = exact(4, 2), [[0, 1, 1], [1, 2], [0, 3, 2]]


def trained(lookups):
    """
    The table after each step, in which ids are looked up several times. PyTorch shortens rows in place and refuses the gradient of a table that it has changed since a
    lookup; so each lookup reads a copy here, and the gradients are added up.
    """
    table, weights = start.clone(), []
    for batch in batches:
        gradient = torch.zeros_like(table)
        for ids in lookups(batch):
            torch.embedding_renorm_(table, torch.tensor(ids), 1.0, 2.0)
            seen = table.clone().requires_grad_(True)
            ((nn.functional.embedding(torch.tensor(ids), seen) - 1) ** 2).sum().backward()
            gradient += seen.grad
        table -= 0.25 * gradient
        weights.append(store(table.clone()))
    return weights


path = Path(__file__).parents[2] / "packages/layers/test/golden/max-norm.json"
golden = {"weights": trained(lambda batch: [batch]), "weightsOfPairs": trained(lambda batch: [batch, [3, batch[0]], [3, 2]])}
path.write_text(json.dumps({"start": start.tolist(), "batches": batches, **golden}) + "\n")
