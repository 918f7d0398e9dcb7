"""Writes packages/autograd/test/golden/images.json: resampling of images. Run: python3 tools/golden/images.py (PyTorch 1.13 or later)"""

import math

import torch
import torch.nn.functional as F

from functions import Cases

cases = Cases(17)
add, normal = cases.add, cases.normal

for shape, how, mode, align in [
    ((1, 2, 5), {"size": 3}, "nearest", None),
    ((2, 1, 4), {"size": 7}, "nearest", None),
    ((1, 2, 3), {"scale_factor": 2}, "nearest", None),
    ((1, 1, 6), {"scale_factor": 0.7}, "nearest", None),
    ((1, 1, 6), {"scale_factor": 1.4}, "nearest-exact", None),
    ((1, 2, 3, 4), {"size": [5, 2]}, "nearest", None),
    ((1, 1, 2, 3), {"scale_factor": [3, 2]}, "nearest", None),
    ((1, 2, 3, 4), {"size": [4, 6]}, "nearest-exact", None),
    ((1, 1, 2, 3, 2), {"scale_factor": 2}, "nearest", None),
    ((1, 1, 3, 3, 3), {"size": [2, 3, 5]}, "nearest-exact", None),
    ((1, 2, 4), {"size": 7}, "linear", None),
    ((1, 2, 4), {"size": 7}, "linear", True),
    ((1, 1, 6), {"scale_factor": 0.7}, "linear", False),
    ((1, 1, 4), {"size": 1}, "linear", True),
    ((1, 1, 1), {"size": 3}, "linear", None),
    ((1, 2, 3, 4), {"size": [6, 5]}, "bilinear", None),
    ((1, 2, 3, 4), {"size": [6, 5]}, "bilinear", True),
    ((1, 1, 5, 4), {"size": [2, 3]}, "bilinear", None),
    ((1, 1, 3, 4), {"scale_factor": [1.5, 2]}, "bilinear", None),
    ((1, 1, 2, 3, 2), {"size": [3, 4, 4]}, "trilinear", None),
    ((1, 1, 2, 3, 2), {"scale_factor": 2}, "trilinear", True),
    ((1, 1, 4, 5), {"size": [7, 8]}, "bicubic", None),
    ((1, 1, 4, 5), {"size": [7, 8]}, "bicubic", True),
    ((1, 2, 5, 6), {"size": [3, 4]}, "bicubic", None),
    ((1, 1, 3, 3), {"scale_factor": [1.6, 2]}, "bicubic", False),
    ((1, 2, 5), {"size": 3}, "area", None),
    ((1, 2, 4, 6), {"size": [2, 3]}, "area", None),
    ((1, 1, 4, 3), {"size": [5, 2]}, "area", None),
    ((1, 1, 3, 4, 2), {"size": 2}, "area", None),
]:
    options = {("scaleFactor" if key == "scale_factor" else key): value for key, value in how.items()}
    options["mode"] = mode
    if align is not None:
        options["alignCorners"] = align
    add("interpolate", lambda x: F.interpolate(x, mode=mode, align_corners=align, **how), [normal(*shape)], ["$0", options])
add("interpolate", lambda x: F.interpolate(x.double(), size=[3, 5]).int(), [cases.integers(-9, 10, 1, 1, 2, 3)], ["$0", {"size": [3, 5]}])
special = torch.tensor([[[1.0, math.inf, 2.0, math.nan, 3.0]]])
add("interpolate", lambda x: F.interpolate(x, size=7), [special], ["$0", {"size": 7}], gradient=False)

for shape, r in [((1, 4, 2, 3), 2), ((8, 1, 2), 2), ((2, 2, 9, 1, 1), 3), ((1, 2, 2, 2), 1)]:
    add("pixelShuffle", lambda x: F.pixel_shuffle(x, r), [normal(*shape)], ["$0", r])
for shape, r in [((1, 1, 4, 6), 2), ((2, 4, 2), 2), ((2, 1, 1, 3, 3), 3)]:
    add("pixelUnshuffle", lambda x: F.pixel_unshuffle(x, r), [normal(*shape)], ["$0", r])

for mode in ("bilinear", "nearest", "bicubic"):
    for padding in ("zeros", "border", "reflection"):
        for align in (False, True):
            options = {"mode": mode, "paddingMode": padding, "alignCorners": align}
            sample = lambda x, grid: F.grid_sample(x, grid, mode=mode, padding_mode=padding, align_corners=align)
            add("gridSample", sample, [normal(2, 2, 3, 4), normal(2, 2, 3, 2)], ["$0", "$1", options])
            if mode != "bicubic":
                # Off the middle between voxels: there PyTorch rounds to even in images and away from 0 in volumes.
                add("gridSample", sample, [normal(1, 1, 2, 3, 2), normal(1, 2, 1, 2, 3) + 1 / 128], ["$0", "$1", options])
for padding in ("zeros", "border", "reflection"):
    # Far outside, and an image of one pixel.
    options = {"paddingMode": padding}
    far = torch.tensor([[[[5.3, -7.1], [0.2, 11.9], [-3.3, 0.4]]]])
    add("gridSample", lambda x, grid: F.grid_sample(x, grid, padding_mode=padding, align_corners=False), [normal(1, 1, 3, 4), far], ["$0", "$1", options])
    add("gridSample", lambda x, grid: F.grid_sample(x, grid, padding_mode=padding, align_corners=True), [normal(1, 1, 1, 1), far / 8], ["$0", "$1", {**options, "alignCorners": True}])

for theta, size in [((2, 2, 3), [2, 1, 3, 4]), ((1, 2, 3), [1, 3, 1, 2]), ((1, 3, 4), [1, 1, 2, 3, 2])]:
    for align in (False, True):
        add("affineGrid", lambda t: F.affine_grid(t, size, align_corners=align), [normal(*theta)], ["$0", size, {"alignCorners": align}])
cases.write("images")
