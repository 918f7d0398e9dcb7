"""Writes packages/layers/test/golden/linear.json: Bilinear, the adaptive softmax, distances and changes of shape of PyTorch.

Run: python3 tools/golden/layers_linear.py (PyTorch 1.13 or later)
"""

import torch
from layer_cases import case, exact, write
from torch import nn


def bilinear(first, second, out, *shape, **options):
    config = {"type": "Bilinear", "in1Features": first, "in2Features": second, "outFeatures": out, **options}
    return case(config, nn.Bilinear(first, second, out, **options), exact(*shape, first), exact(*shape, second))


def adaptive(targets, features=8, classes=12, cutoffs=(3, 7), **options):
    names = {"div_value": "divValue", "head_bias": "headBias"}
    config = {"type": "AdaptiveLogSoftmaxWithLoss", "inFeatures": features, "nClasses": classes, "cutoffs": list(cutoffs)}
    config.update({names[key]: value for key, value in options.items()})
    targets = torch.tensor(targets)
    module = nn.AdaptiveLogSoftmaxWithLoss(features, classes, list(cutoffs), **options)
    return case(config, module, exact(*targets.shape, features), targets, names=["output", "loss"])


write(
    "linear",
    [
        bilinear(3, 2, 4, 2),
        bilinear(3, 2, 2, 2, 3, bias=False),
        bilinear(2, 3, 1),
        case({"type": "CosineSimilarity"}, nn.CosineSimilarity(), exact(3, 4), exact(3, 4)),
        case({"type": "CosineSimilarity", "axis": 0, "eps": 2.5}, nn.CosineSimilarity(0, 2.5), exact(3, 2), exact(3, 2)),
        case({"type": "CosineSimilarity", "axis": -1}, nn.CosineSimilarity(-1), exact(2, 1, 3), exact(2, 3)),
        case({"type": "PairwiseDistance"}, nn.PairwiseDistance(), exact(3, 4), exact(3, 4)),
        case({"type": "PairwiseDistance", "p": 1, "keepDims": True}, nn.PairwiseDistance(1, keepdim=True), exact(3, 4), exact(3, 4)),
        case({"type": "PairwiseDistance", "p": 3, "eps": 0.125}, nn.PairwiseDistance(3, 0.125), exact(2, 4), exact(1, 4)),
        case({"type": "Unflatten", "axis": 1, "sizes": [2, 3]}, nn.Unflatten(1, (2, 3)), exact(2, 6)),
        case({"type": "Unflatten", "axis": -2, "sizes": [2, -1, 1]}, nn.Unflatten(-2, (2, -1, 1)), exact(1, 4, 2)),
        case({"type": "Flatten", "startAxis": 0, "endAxis": 1}, nn.Flatten(0, 1), exact(2, 3, 2)),
        adaptive([0, 2, 3, 6, 7, 11, 3], div_value=2.0),
        adaptive([1, 5, 0], cutoffs=(5,), head_bias=True),
    ],
)
