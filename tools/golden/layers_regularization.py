"""Writes packages/layers/test/golden/regularization.json: dropout of every kind, where PyTorch draws nothing: evaluating, and with the probabilities 0 and 1.

Run: python3 tools/golden/layers_regularization.py (PyTorch 1.13 or later)
"""

from layer_cases import case, exact, write
from torch import nn

SHAPES = {
    "Dropout": (2, 3),
    "Dropout1d": (2, 3, 4),
    "Dropout2d": (2, 3, 2, 2),
    "Dropout3d": (1, 2, 2, 1, 2),
    "AlphaDropout": (2, 3),
    "FeatureAlphaDropout": (2, 3, 4),
}


def dropped(kind, probability, training):
    return case({"type": kind, "probability": probability}, getattr(nn, kind)(probability), exact(*SHAPES[kind]), training=training)


write(
    "regularization",
    [
        *(dropped(kind, 0.25, False) for kind in SHAPES),
        *(dropped(kind, 0, True) for kind in SHAPES),
        *(dropped(kind, 1, True) for kind in SHAPES),
        # PyTorch has no stochastic depth (Huang et al. 2016): evaluating, and with the probability 0, it is the identity.
        case({"type": "DropPath", "probability": 0.25}, nn.Identity(), exact(2, 3), training=False),
        case({"type": "DropPath", "probability": 0}, nn.Identity(), exact(2, 3)),
    ],
)
