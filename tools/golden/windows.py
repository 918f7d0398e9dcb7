"""Writes packages/autograd/test/golden/windows.json: convolution and pooling. Run: python3 tools/golden/windows.py (PyTorch 1.13 or later)"""

import math

import torch
import torch.nn.functional as F

from functions import Cases

cases = Cases(16)
add, normal = cases.add, cases.normal
nan, inf = math.nan, math.inf
CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def camel(options):
    names = {"output_padding": "outputPadding", "ceil_mode": "ceilMode", "count_include_pad": "countIncludePad", "divisor_override": "divisorOverride"}
    return {names.get(key, key): value for key, value in options.items()}


# Three axes, and borders of the input's own elements.
for x, w, options in [
    ((1, 2, 3, 4, 3), (2, 2, 2, 2, 2), {}),
    ((1, 2, 4, 3, 4), (4, 1, 2, 1, 3), {"stride": [2, 1, 1], "padding": [1, 0, 2], "groups": 2, "dilation": [1, 1, 2]}),
    ((2, 1, 3, 3, 3), (1, 1, 2, 3, 2), {"padding": "same"}),
]:
    add("conv3d", lambda x, w, b: F.conv3d(x, w, b, **options), [normal(*x), normal(*w), normal(w[0])], ["$0", "$1", {"bias": "$2", **options}])
for mode in ("reflect", "replicate", "circular"):
    for axes in (1, 2, 3):
        if mode == "reflect" and axes == 3:
            continue  # no CPU kernel of PyTorch 1.13 reflects volumes of float64
        size = (1, 2, *(4, 3, 3)[:axes])
        padding = [1, 2, 1][:axes]
        both = [n for n in reversed(padding) for _ in range(2)]
        run = lambda x, w: CONV[axes](F.pad(x, both, mode=mode), w)
        add(f"conv{axes}d", run, [normal(*size), normal(1, 2, *[2] * axes)], ["$0", "$1", {"padding": padding, "paddingMode": mode}])
add("conv1d", lambda x, w: F.conv1d(F.pad(x, (1, 2), mode="circular"), w), [normal(1, 1, 5), normal(1, 1, 4)], ["$0", "$1", {"padding": "same", "paddingMode": "circular"}])

for x, w, options in [
    ((2, 3, 4), (3, 2, 3), {}),
    ((1, 2, 4), (2, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ((1, 4, 3), (4, 1, 2), {"groups": 2, "stride": 3, "output_padding": 2}),
    ((1, 2, 3), (2, 1, 3), {"dilation": 3, "output_padding": 2}),
    ((1, 2, 3), (2, 1, 3), {"dilation": 3, "stride": 2, "padding": 1, "output_padding": 2}),
    ((0, 2, 3), (2, 1, 3), {}),
    ((2, 2, 3, 4), (2, 3, 2, 3), {}),
    ((1, 2, 3, 2), (2, 1, 3, 3), {"stride": 2, "padding": 1, "output_padding": 1}),
    ((1, 4, 2, 3), (4, 2, 3, 2), {"groups": 2, "stride": [1, 3], "padding": [2, 0], "output_padding": [0, 1], "dilation": [2, 1]}),
    ((1, 3, 3, 3), (3, 1, 2, 2), {"groups": 3, "stride": 2}),
    ((1, 2, 2, 3, 2), (2, 1, 2, 2, 3), {}),
    ((1, 2, 2, 2, 2), (2, 2, 3, 2, 2), {"stride": [2, 1, 2], "padding": [1, 0, 1], "output_padding": [1, 0, 0], "groups": 2}),
]:
    axes = len(x) - 2
    add(
        f"convTranspose{axes}d",
        lambda x, w, b: TRANSPOSED[axes](x, w, b, **options),
        [normal(*x), normal(*w), normal(w[1] * options.get("groups", 1))],
        ["$0", "$1", {"bias": "$2", **camel(options)}],
    )

MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}
LP = {1: F.lp_pool1d, 2: F.lp_pool2d}
UNPOOL = {1: F.max_unpool1d, 2: F.max_unpool2d, 3: F.max_unpool3d}


def ties(*shape):
    return torch.relu(normal(*shape))


def gaps(*shape):
    """-inf almost everywhere, so that it is all there is in some windows."""
    x = normal(*shape)
    return torch.where(x > 0.6, x, torch.tensor(-inf, dtype=x.dtype))


for x, kernel, options in [
    (ties(2, 2, 7), 2, {}),
    (normal(1, 2, 7), 2, {"ceil_mode": True}),
    (ties(1, 1, 8), 3, {"stride": 2, "padding": 1, "ceil_mode": True}),
    (normal(1, 1, 9), 3, {"dilation": 2, "stride": 2, "ceil_mode": True}),
    (ties(1, 2, 5, 6), 2, {"ceil_mode": True}),
    (normal(1, 1, 6, 7), [3, 2], {"stride": [2, 3], "padding": [1, 1], "ceil_mode": True}),
    (-ties(1, 1, 6, 6), [3, 2], {"stride": 1, "padding": [1, 1], "dilation": [1, 2]}),
    (torch.zeros(1, 1, 5, 5), 3, {"stride": 2, "padding": 1}),
    (torch.full((1, 1, 4, 4), -inf), 3, {"stride": 2}),
    (gaps(1, 2, 5), 3, {"padding": 1}),
    (gaps(1, 1, 6), 3, {"padding": 1, "dilation": 2, "stride": 1}),
    (gaps(1, 2, 5, 4), 2, {"padding": 1, "stride": 2}),
    (gaps(1, 1, 5, 6), [3, 2], {"padding": [1, 1], "stride": 2, "ceil_mode": True}),
    (gaps(1, 1, 3, 4, 4), 2, {"padding": 1}),
    (ties(1, 2, 4, 3, 5), 2, {}),
    (normal(1, 1, 4, 5, 3), [2, 3, 2], {"stride": [1, 2, 2], "padding": [1, 1, 0], "ceil_mode": True}),
]:
    axes = x.dim() - 2
    args = ["$0", kernel, camel(options)]
    add(f"maxPool{axes}d", lambda x: MAX[axes](x, kernel, **options), [x], args)

    def with_indices(x):
        values, indices = MAX[axes](x, kernel, return_indices=True, **options)
        return values, indices.int()

    add(f"maxPool{axes}dWithIndices", with_indices, [x], args)
add("maxPool2d", lambda x: F.max_pool2d(x.double(), 2).int(), [cases.integers(-9, 10, 1, 1, 4, 4)], ["$0", 2])
add("maxPool2d", lambda x: F.max_pool2d(x.double(), 2, padding=1).int(), [cases.integers(-9, 0, 1, 1, 3, 3)], ["$0", 2, {"padding": 1}])

for shape, kernel, options in [
    ((2, 2, 7), 2, {}),
    ((1, 2, 7), 2, {"ceil_mode": True}),
    ((1, 1, 8), 3, {"stride": 2, "padding": 1, "ceil_mode": True}),
    ((1, 1, 8), 3, {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}),
    ((1, 1, 5), 3, {"stride": 1, "padding": 1, "count_include_pad": False}),
    ((1, 2, 5, 6), 2, {"ceil_mode": True}),
    ((1, 1, 6, 7), [3, 2], {"stride": [2, 3], "padding": [1, 1], "ceil_mode": True}),
    ((1, 1, 6, 7), [3, 2], {"stride": [2, 3], "padding": [1, 1], "ceil_mode": True, "count_include_pad": False}),
    ((1, 1, 4, 5), 3, {"stride": 2, "padding": 1, "divisor_override": 2}),
    ((1, 2, 4, 3, 5), 2, {}),
    ((1, 1, 4, 5, 3), [2, 3, 2], {"stride": [1, 2, 2], "padding": [1, 1, 0], "ceil_mode": True, "count_include_pad": False}),
    ((1, 1, 3, 3, 3), 2, {"divisor_override": 3, "stride": 1}),
]:
    axes = len(shape) - 2
    add(f"avgPool{axes}d", lambda x: AVERAGE[axes](x, kernel, **options), [normal(*shape)], ["$0", kernel, camel(options)])
add("avgPool1d", lambda x: F.avg_pool1d(x, 2, 1), [torch.tensor([[[1.0, inf, 2.0, nan, 3.0, -inf]]])], ["$0", 2, {"stride": 1}], gradient=False)

for x, p, kernel, options in [
    (normal(1, 2, 7), 2, 2, {}),
    (normal(1, 2, 7).abs(), 3, 3, {"stride": 2, "ceil_mode": True}),
    (normal(1, 2, 5), 1, 2, {"stride": 1}),
    (normal(1, 2, 4, 5), 2, 2, {}),
    (normal(1, 1, 5, 5).abs(), 1.5, [2, 3], {"stride": [1, 2], "ceil_mode": True}),
    (torch.zeros(1, 1, 4, 4), 2, 2, {}),
]:
    axes = x.dim() - 2
    add(f"lpPool{axes}d", lambda x: LP[axes](x, p, kernel, **options), [x], ["$0", p, kernel, camel(options)])
add("lpPool3d", lambda x: (F.avg_pool3d(x**2, 2) * 8).sqrt(), [normal(1, 1, 4, 2, 5)], ["$0", 2, 2])

for shape, kernel, options, size in [
    ((1, 2, 6), 2, {}, None),
    ((1, 1, 7), 2, {}, [7]),
    ((1, 2, 4, 6), 2, {}, None),
    ((1, 1, 5, 5), 2, {"stride": 2}, [5, 5]),
    ((1, 1, 6, 6), [3, 2], {"stride": [3, 2], "padding": [1, 1]}, [6, 6]),
    ((1, 1, 4, 2, 4), 2, {}, None),
]:
    axes = len(shape) - 2
    values, indices = MAX[axes](normal(*shape), kernel, return_indices=True, **options)
    named = {**options, **({} if size is None else {"outputSize": size})}
    add(
        f"maxUnpool{axes}d",
        lambda v, i: UNPOOL[axes](v, i.long(), kernel, **options, **({} if size is None else {"output_size": size})),
        [values, indices.int()],
        ["$0", "$1", kernel, named],
    )

for axes, shape, sizes in [
    (1, (2, 2, 7), 3), (1, (1, 1, 6), 3), (1, (1, 1, 3), 5), (1, (1, 2, 5), 1),
    (2, (1, 2, 5, 7), [2, 3]), (2, (1, 2, 6, 4), [3, 2]), (2, (1, 1, 4, 5), [None, 2]), (2, (2, 1, 3, 3), 4), (2, (1, 2, 5, 3), 1), (2, (1, 1, 4, 6), [3, 3]),
    (3, (1, 1, 3, 5, 4), [2, 3, 4]), (3, (1, 1, 4, 4, 4), 2), (3, (1, 1, 2, 3, 4), [None, 2, 3]),
]:
    full = sizes if not isinstance(sizes, list) else [n or shape[2 + i] for i, n in enumerate(sizes)]
    average = {1: F.adaptive_avg_pool1d, 2: F.adaptive_avg_pool2d, 3: F.adaptive_avg_pool3d}[axes]
    largest = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}[axes]
    add(f"adaptiveAvgPool{axes}d", lambda x: average(x, full), [normal(*shape)], ["$0", full])
    add(f"adaptiveMaxPool{axes}d", lambda x: largest(x, full), [ties(*shape)], ["$0", full])

    def with_positions(x):
        values, indices = largest(x, full, return_indices=True)
        return values, indices.int()

    add(f"adaptiveMaxPool{axes}dWithIndices", with_positions, [ties(*shape)], ["$0", full])
add("adaptiveAvgPool1d", lambda x: F.adaptive_avg_pool1d(x, 2), [torch.tensor([[[1.0, 2.0, inf, 3.0, nan]], [[1.0, 2.0, 3.0, inf, nan]]])], ["$0", 2], gradient=False)
cases.write("windows")
