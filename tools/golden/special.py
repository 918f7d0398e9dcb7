"""Writes packages/tensor/test/golden/special.json: special functions to 17 digits (mpmath, 40 digits inside), at numbers that float32 holds.

Run: python3 tools/golden/special.py (mpmath 1.2 or later)
"""

import json
from pathlib import Path

import mpmath as mp
import numpy as np

mp.mp.dps = 40
random = np.random.default_rng(11)


def singles(*values):
    return [float(np.float32(v)) for v in values]


around = [center + sign * 2.0**-k for center in (1, 1.4616321325302124, 2) for sign in (-1, 1) for k in (3, 8, 15, 22)]
positive = singles(1e-38, 1e-30, 1e-10, 1e-3, 0.1, 0.25, 0.49999997, 0.5, 0.75, *around, 1, 2, 2.5, 3, 3.5, 5.75, 8, 11.5, 20, 100.25, 1e5, 1e20, 3e38, *random.uniform(0, 12, 20))
negative = singles(-1e-30, -1e-3, -0.25, -0.49999997, -0.5, -0.75, -1.5, -2.25, -3.999, -7.3, -20.5, -1000.25, *-random.uniform(0, 8, 12))
unit = singles(1e-30, 1e-12, 1e-6, 0.01, 0.25, 0.5, 0.75, 0.89999998, 0.9, 0.99, 0.9999, 1 - 2.0**-24, *random.uniform(-1, 1, 12))
line = singles(1e-30, 1e-3, 0.25, 0.5, 0.84375, 1, 1.3339999914169312, 1.9999999, 2, 2.5, 3, 4.5, 6, 8, 9.25, 10, -0.25, -1, -3, *random.uniform(-3, 9, 12))

functions = {
    "lgamma": (lambda x: mp.log(abs(mp.gamma(x))) if abs(x) < 1e4 else mp.loggamma(x), positive + negative),
    "digamma": (mp.digamma, positive + negative),
    "erfinv": (mp.erfinv, unit),
    "erf": (mp.erf, line),
    "erfc": (mp.erfc, line),
}
cases = {name: [[x, float(f(mp.mpf(x)))] for x in numbers] for name, (f, numbers) in functions.items()}
lines = [f'"{name}":{json.dumps(pairs, separators=(",", ":"))}' for name, pairs in cases.items()]
path = Path(__file__).parents[2] / "packages/tensor/test/golden/special.json"
path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
