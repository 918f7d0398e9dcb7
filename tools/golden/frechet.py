"""Writes packages/evaluation/test/golden/frechet.json: Fréchet distances by numpy's covariances and scipy's square root of a matrix.

Run: python3 tools/golden/frechet.py (scipy 1.8 or later)
"""

import json
from pathlib import Path

import numpy as np
from scipy import linalg

random = np.random.default_rng(11)


def features(count, width, scale):
    """Correlated, in steps of 1/64, so that they are exact in float32."""
    mixed = random.normal(size=(count, width)) @ random.normal(size=(width, width)) * scale + random.normal(size=width)
    return (mixed * 64).round() / 64


def distance(a, b):
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = linalg.sqrtm(first @ second)
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(first + second - 2 * root.real))


cases = []
for name, first, second in [
    ("as many of both", (60, 5, 1), (60, 5, 0.5)),
    ("another number of examples", (90, 8, 0.3), (40, 8, 1)),
    ("two features", (50, 2, 10), (50, 2, 0.1)),
    ("fewer examples than features", (5, 8, 1), (30, 8, 1)),
]:
    a, b = features(*first), features(*second)
    cases.append({"name": name, "a": a.tolist(), "b": b.tolist(), "distance": distance(a, b)})

path = Path(__file__).parents[2] / "packages/evaluation/test/golden/frechet.json"
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
print(f"{path.name}: {path.stat().st_size // 1000} kB")
