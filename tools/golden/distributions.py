"""Writes packages/tensor/test/golden/distributions.json: quantiles of gamma and beta distributions. Run: python3 tools/golden/distributions.py (SciPy 1.10 or later)"""

import json
from pathlib import Path

import numpy as np
from scipy.stats import beta, gamma

levels = (np.arange(400) + 0.5) / 400
cases = [{"name": "gamma", "parameters": p, "quantiles": gamma.ppf(levels, p[0], scale=1 / p[1]), "mean": gamma.mean(p[0], scale=1 / p[1]), "variance": gamma.var(p[0], scale=1 / p[1])} for p in ([0.1, 1], [0.5, 2], [1, 1], [1.5, 0.5], [7, 3], [100, 1], [1e6, 1000])]
cases += [{"name": "beta", "parameters": p, "quantiles": beta.ppf(levels, *p), "mean": beta.mean(*p), "variance": beta.var(*p)} for p in ([0.5, 0.5], [1, 1], [2, 5], [0.3, 4], [200, 300])]
for case in cases:
    case["quantiles"] = [float(f"{q:.7g}") for q in case["quantiles"]]
    case.update({key: float(case[key]) for key in ("mean", "variance")})
path = Path(__file__).parents[2] / "packages/tensor/test/golden/distributions.json"
path.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")
