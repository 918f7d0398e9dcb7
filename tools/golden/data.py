"""Writes packages/data/test/golden/*.json: scikit-learn's transforms, SciPy's median filter, a reference xoshiro128**.

Run: python3 tools/golden/data.py (scikit-learn 1.2 or later)
"""

import json
import warnings
from pathlib import Path

import numpy as np
from scipy.ndimage import median_filter
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, MinMaxScaler, OneHotEncoder, StandardScaler

warnings.filterwarnings("error")
random = np.random.default_rng(11)
folder = Path(__file__).parents[2] / "packages/data/test/golden"
folder.mkdir(parents=True, exist_ok=True)


def listed(array):
    return [None if np.isnan(value) else value for value in np.asarray(array).ravel().tolist()]


def scaler_cases():
    plain = random.normal(size=(12, 4)) * [1, 100, 1e-3, 5] + [0, 1e4, 3, -2]
    constant = plain.copy()
    constant[:, 1] = 0.1  # not a binary fraction: rounding must not give it a variance
    missing = plain.copy()
    missing[[0, 3, 5], [0, 2, 2]] = np.nan
    far = random.normal(size=(10, 1)) + 1e8
    for name, x in {"plain": plain, "constant": constant, "missing": missing, "far": far, "one": plain[:1]}.items():
        fresh = x[:3] * 1.5 + 1
        for make, options in [
            (StandardScaler, {}),
            (StandardScaler, {"with_mean": False}),
            (StandardScaler, {"with_std": False}),
            (MinMaxScaler, {}),
            (MinMaxScaler, {"feature_range": (-1, 1)}),
            (MinMaxScaler, {"clip": True}),
        ]:
            scaler = make(**options).fit(x)
            transformed = scaler.transform(x)
            case = {
                "name": name, "scaler": make.__name__, "options": options, "shape": list(x.shape), "x": listed(x),
                "transformed": listed(transformed), "fresh": listed(fresh),
                "freshTransformed": listed(scaler.transform(fresh)),
                "inverse": listed(scaler.inverse_transform(transformed)),
            }
            if make is StandardScaler:
                case["mean"] = listed(scaler.mean_ if scaler.mean_ is not None else np.nanmean(x, axis=0))
                case["scale"] = listed(scaler.scale_ if scaler.scale_ is not None else np.ones(x.shape[1]))
            else:
                case["dataMin"], case["dataMax"] = listed(scaler.data_min_), listed(scaler.data_max_)
            yield case


(folder / "scalers.json").write_text(json.dumps(list(scaler_cases())) + "\n")


def transform_cases():
    """Everything beside the plain scalers: data that arrive in parts, categories, missing values, and several of them together."""
    random = np.random.default_rng(12)
    parts = [random.normal(size=(n, 3)) * [1, 1e3, 1e-2] + [0, 1e6, 5] for n in (7, 1, 20)]
    parts[0][0, 0] = parts[2][4, 2] = np.nan
    partial = []
    for make in (StandardScaler, MinMaxScaler):
        scaler = make()
        for part in parts:
            scaler.partial_fit(part)
        partial.append({"scaler": make.__name__, "transformed": listed(scaler.transform(parts[1])),
                        **({"mean": listed(scaler.mean_), "scale": listed(scaler.scale_)} if make is StandardScaler
                           else {"dataMin": listed(scaler.data_min_), "dataMax": listed(scaler.data_max_)})})

    colours = np.array([["red"], ["green"], ["blue"], ["green"]], dtype=object)
    sizes = np.array([[3.0], [1.0], [10.0], [2.0]])
    one_hot = []
    for values, fresh, options in [
        (colours, colours[::-1], {}), (colours, np.array([["green"], ["pink"]], dtype=object), {"handle_unknown": "ignore"}),
        (colours, colours, {"drop": "first"}), (sizes, sizes[::-1], {}),
    ]:
        encoder = OneHotEncoder(sparse_output=False, **options).fit(values)
        transformed = encoder.transform(fresh)
        one_hot.append({"values": values.ravel().tolist(), "fresh": fresh.ravel().tolist(), "options": options,
                        "categories": encoder.categories_[0].tolist(), "transformed": transformed.ravel().tolist(),
                        "inverse": encoder.inverse_transform(transformed).ravel().tolist()})

    holes = random.normal(size=(9, 3)).round(1)
    holes[[0, 4, 5, 8], [0, 1, 1, 2]] = np.nan
    holes[:4, 2] = [2, 1, 2, 1]  # two values are equally frequent: the smaller one is taken
    imputers = []
    for options in ({"strategy": "mean"}, {"strategy": "median"}, {"strategy": "most_frequent"},
                    {"strategy": "constant", "fill_value": -1}):
        imputer = SimpleImputer(**options).fit(holes)
        imputers.append({"options": options, "fill": listed(imputer.statistics_),
                         "transformed": listed(imputer.transform(holes))})
    words = np.array([["b"], [None], ["a"], ["b"], ["a"]], dtype=object)
    texts = SimpleImputer(strategy="most_frequent", missing_values=None).fit_transform(words).ravel().tolist()

    pipeline = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), MinMaxScaler(feature_range=(-1, 1))).fit(holes)
    piped = pipeline.transform(holes)
    frame = [[1.5, "x", 10.0], [np.nan, "y", 20.0], [2.5, "x", 40.0], [4.0, "z", 15.0]]
    table = np.array(frame, dtype=object)
    columns = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), [0, 2]), ("letters", OneHotEncoder(sparse_output=False), [1]),
    ]).fit(table)
    return {
        "parts": [{"x": listed(part), "shape": list(part.shape)} for part in parts], "partial": partial, "oneHot": one_hot,
        "holes": {"x": listed(holes), "shape": list(holes.shape)}, "imputers": imputers,
        "words": words.ravel().tolist(), "imputedWords": texts,
        "pipeline": {"transformed": listed(piped), "back": listed(pipeline[1].inverse_transform(pipeline[2].inverse_transform(piped)))},
        "columns": {"numbers": listed([row[0] for row in frame]), "letters": [row[1] for row in frame],
                    "more": [row[2] for row in frame], "transformed": listed(columns.transform(table).astype(float))},
    }


(folder / "transforms.json").write_text(json.dumps(transform_cases()) + "\n")

filters = []
for shape, size in [((2, 5, 7), 3), ((1, 1, 4, 4), 5), ((3, 2), 5), ((2, 3, 3), 1)]:
    x = random.integers(0, 50, shape).astype(np.float32)
    filtered = median_filter(x, size=(1,) * (len(shape) - 2) + (size, size), mode="reflect")
    filters.append({"shape": list(shape), "size": size, "x": x.ravel().tolist(), "filtered": filtered.ravel().tolist()})
(folder / "median-filter.json").write_text(json.dumps(filters) + "\n")

words = ["pear", "apple", "Zebra", "fig", "apple", "\u00e9clair", "fig"]
numbers = [10, 2, 33, 2, -1]
encoders = []
for values in [words, numbers]:
    encoder = LabelEncoder().fit(values)
    encoders.append({"values": values, "labels": encoder.transform(values).tolist(),
                     "classNames": [str(name) for name in encoder.classes_]})
(folder / "label-encoder.json").write_text(json.dumps(encoders) + "\n")


# The published algorithms in unbounded integers, so that the TypeScript's 32-bit tricks are checked against arithmetic.
MASK = 0xFFFFFFFF


def rotl(x, k):
    return ((x << k) | (x >> (32 - k))) & MASK


def xoshiro(s):
    while True:
        yield (rotl((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 9) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 11)


def splitmix32(state):
    z = (state + 0x9E3779B9) & MASK
    z = ((z ^ (z >> 16)) * 0x85EBCA6B) & MASK
    z = ((z ^ (z >> 13)) * 0xC2B2AE35) & MASK
    return z ^ (z >> 16)


def generator(seed, stream):
    mixed = 0
    for word in [seed & MASK, seed >> 32, stream & MASK, stream >> 32]:
        mixed = splitmix32(mixed ^ word)
    return xoshiro([splitmix32((mixed + i * 0x9E3779B9) & MASK) for i in range(4)])


def permutation(length, words):
    order = list(range(length))
    for i in range(length - 1, 0, -1):
        limit = 2**32 - 2**32 % (i + 1)
        value = next(words)
        while value >= limit:
            value = next(words)
        j = value % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order


streams = []
for seed, stream in [(0, 0), (0, 1), (1, 0), (42, 0), (42, 7), (2**53 - 1, 2**33 + 5)]:
    words = generator(seed, stream)
    streams.append({"seed": seed, "stream": stream, "words": [next(words) for _ in range(8)],
                    "permutation": permutation(11, generator(seed, stream))})
# From the authors' C code with the state 1, 2, 3, 4, as also given in the tests of Rust's rand_xoshiro.
known = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804]
words = xoshiro([1, 2, 3, 4])
assert [next(words) for _ in known] == known
(folder / "random.json").write_text(json.dumps({"known": known, "streams": streams}) + "\n")
