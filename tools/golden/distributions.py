"""Writes packages/tensor/test/golden/distributions.json: quantiles of gamma and beta distributions, distribution functions of Poisson and binomial ones. Run: python3 tools/golden/distributions.py (SciPy 1.10 or later)"""

import json
from pathlib import Path

import numpy as np
from scipy.stats import beta, binom, gamma, poisson

levels = (np.arange(400) + 0.5) / 400
cases = [{"name": "gamma", "parameters": p, "quantiles": gamma.ppf(levels, p[0], scale=1 / p[1]), "mean": gamma.mean(p[0], scale=1 / p[1]), "variance": gamma.var(p[0], scale=1 / p[1])} for p in ([0.1, 1], [0.5, 2], [1, 1], [1.5, 0.5], [7, 3], [100, 1], [1e6, 1000])]
cases += [{"name": "beta", "parameters": p, "quantiles": beta.ppf(levels, *p), "mean": beta.mean(*p), "variance": beta.var(*p)} for p in ([0.5, 0.5], [1, 1], [2, 5], [0.3, 4], [200, 300])]
for case in cases:
    case["quantiles"] = [float(f"{q:.7g}") for q in case["quantiles"]]
    case.update({key: float(case[key]) for key in ("mean", "variance")})
for name, distribution, parameters in [("poisson", poisson, p) for p in ([0.01], [3], [1000.5], [1e6])] + [("binomial", binom, p) for p in ([1, 0.3], [10, 0.25], [1000, 0.999], [10**6, 1e-6], [10**9, 0.4])]:
    points = sorted({int(k) for k in distribution.ppf((np.arange(100) + 0.5) / 100, *parameters)})
    cases.append({"name": name, "parameters": parameters, "points": points, "probabilities": [float(f"{q:.9g}") for q in distribution.cdf(points, *parameters)], "mean": float(distribution.mean(*parameters)), "variance": float(distribution.var(*parameters))})
path = Path(__file__).parents[2] / "packages/tensor/test/golden/distributions.json"
path.write_text("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")
