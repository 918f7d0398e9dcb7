"""Writes packages/tensor/test/golden/numpy.json: files of numpy.save, numpy.savez and numpy.savez_compressed in base64, and what is in them.

Run: python3 tools/golden/numpy_files.py (NumPy 1.22 or later)
"""

import base64
import io
import json
import math
from pathlib import Path

import numpy as np


def bytes_of(write):
    file = io.BytesIO()
    write(file)
    return base64.b64encode(file.getvalue()).decode()


def number(value):
    value = float(value)
    return value if math.isfinite(value) else "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def listed(array):
    return {"shape": list(array.shape), "data": [number(v) for v in array.ravel()]}


grid = np.arange(6).reshape(2, 3)
arrays = {
    **{name: (grid - 3).astype(name) for name in ("float16", "float32", "float64", "int8", "int16", "int32", "int64")},
    **{name: grid.astype(name) for name in ("uint8", "uint16", "uint32", "uint64")},
    "bool": grid % 2 == 1,
    "big-endian float64": grid.astype(">f8") / 4,
    "big-endian int16": (grid - 300).astype(">i2"),
    "Fortran's order": np.asfortranarray(np.arange(24, dtype="f4").reshape(2, 3, 4)),
    "halves": np.array([0, -0.0, 2**-24, 1 / 3, 65504, np.inf, -np.inf, np.nan, 2**-14, 1023 * 2**-24], dtype="f2"),
    "special": np.array([np.nan, np.inf, -np.inf, 1e-45, -0.0], dtype="f4"),
    "a number": np.array(2.5, dtype="f8"),
    "nothing": np.zeros((0, 3), dtype="f4"),
    "a vector": np.arange(300, dtype="i8"),
    "many axes": np.arange(16, dtype="f4").reshape(2, 1, 2, 1, 2, 2),
}
refused = {
    "too large for float32": np.array([1, 1e300]),
    "too large for int32": np.array([1, 2**31]),
    "complex": np.array([1j]),
    "text": np.array(["a"]),
    "records": np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]),
}
files = [{"name": name, "file": bytes_of(lambda f: np.save(f, a)), "dtype": str(a.dtype), **listed(a)} for name, a in arrays.items()]
errors = [{"name": name, "file": bytes_of(lambda f: np.save(f, a))} for name, a in refused.items()]
# Long enough to be worth compressing, and to be cut into blocks.
parts = {"weights": np.sin(np.arange(200, dtype="f4")).round(2).reshape(20, 10), "ids": np.arange(5), "a/b": np.array(True)}
archives = [
    {"name": name, "file": bytes_of(lambda f: write(f, **parts)), "arrays": {key: listed(a) for key, a in parts.items()}}
    for name, write in (("savez", np.savez), ("savez_compressed", np.savez_compressed))
]
path = Path(__file__).parents[2] / "packages/tensor/test/golden/numpy.json"
path.write_text("{\n" + ",\n".join(f'"{key}":[\n' + ",\n".join(json.dumps(c) for c in cases) + "\n]" for key, cases in (("files", files), ("refused", errors), ("archives", archives))) + "\n}\n")
print(path.stat().st_size, "bytes")
