"""Writes packages/layers/test/golden/resampling.json: upsampling, shuffles, columns and fractional pooling of PyTorch.

Run: python3 tools/golden/layers_resampling.py (PyTorch 1.13 or later)
"""

import torch
from layer_cases import case, distinct, exact, write
from torch import nn

NAMES = {"size": "size", "scale_factor": "scaleFactor", "mode": "mode", "align_corners": "alignCorners", "recompute_scale_factor": "recomputeScaleFactor"}


def tuples(options):
    return {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}


def upsample(*shape, kind="Upsample", **options):
    config = {"type": kind, **{NAMES[key]: value for key, value in options.items()}}
    return case(config, getattr(nn, kind)(**tuples(options)), exact(*shape))


def fractional(axes, kernel, size, shape, indices=False, **options):
    config = {"type": f"FractionalMaxPool{axes}d", "kernelSize": kernel, **size, "returnIndices": indices}
    names = {"outputSize": "output_size", "outputRatio": "output_ratio"}
    samples = (torch.rand(*shape[:2], axes, dtype=torch.float64) * 64).floor() / 64
    given = {names[key]: tuple(value) if isinstance(value, list) else value for key, value in size.items()}
    module = getattr(nn, f"FractionalMaxPool{axes}d")(kernel, return_indices=indices, _random_samples=samples, **given)
    made = case(config, module, distinct(*shape), names=["output", "indices"] if indices else None)
    # A buffer of PyTorch's layer; here an argument of the call.
    made["state"] = {}
    made["inputs"].append({"shape": list(samples.shape), "data": samples.flatten().tolist()})
    return made


class ChannelShuffle(nn.Module):
    """PyTorch's has no gradient before 2.0; these are its formula and, checked, its values."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        y = x.unflatten(1, (self.groups, -1)).transpose(1, 2).flatten(1, 2)
        assert torch.equal(y, nn.ChannelShuffle(self.groups)(x.detach()))
        return y


def columns(kind, sizes, kernel, x, **options):
    config = {"type": kind, **sizes, "kernelSize": kernel, **options}
    given = [tuple(value) if isinstance(value, list) else value for value in [*sizes.values(), kernel]]
    return case(config, getattr(nn, kind)(*given, **tuples(options)), x)


write(
    "resampling",
    [
        upsample(1, 2, 3, scale_factor=2),
        upsample(1, 1, 3, 2, size=[4, 5]),
        upsample(1, 1, 2, 2, 2, scale_factor=[1, 2, 1.5]),
        upsample(1, 1, 4, scale_factor=1.75, mode="nearest-exact"),
        upsample(1, 2, 3, size=5, mode="linear"),
        upsample(1, 1, 3, 2, scale_factor=1.7, mode="bilinear"),
        upsample(1, 1, 3, 2, scale_factor=1.7, mode="bilinear", recompute_scale_factor=True),
        upsample(1, 1, 3, 2, size=[5, 4], mode="bilinear", align_corners=True),
        upsample(1, 1, 3, 4, size=[5, 3], mode="bicubic"),
        upsample(1, 1, 2, 3, scale_factor=2, mode="bicubic", align_corners=True),
        upsample(1, 1, 2, 2, 2, size=[3, 2, 4], mode="trilinear"),
        upsample(1, 1, 2, 2, 2, size=[3, 2, 4], mode="trilinear", align_corners=True),
        upsample(1, 1, 4, 3, size=[2, 5], mode="area"),
        upsample(1, 2, 2, 3, kind="UpsamplingNearest2d", scale_factor=2),
        upsample(1, 2, 2, 3, kind="UpsamplingNearest2d", size=[5, 4]),
        upsample(1, 2, 2, 3, kind="UpsamplingBilinear2d", scale_factor=2),
        upsample(1, 2, 2, 3, kind="UpsamplingBilinear2d", size=4),
        case({"type": "PixelShuffle", "upscaleFactor": 2}, nn.PixelShuffle(2), exact(2, 8, 2, 1)),
        case({"type": "PixelShuffle", "upscaleFactor": 3}, nn.PixelShuffle(3), exact(9, 1, 2)),
        case({"type": "PixelUnshuffle", "downscaleFactor": 2}, nn.PixelUnshuffle(2), exact(1, 2, 4, 2)),
        case({"type": "ChannelShuffle", "groups": 2}, ChannelShuffle(2), exact(1, 6, 2, 2)),
        case({"type": "ChannelShuffle", "groups": 3}, ChannelShuffle(3), exact(2, 6, 2, 1)),
        columns("Unfold", {}, 2, exact(1, 2, 3, 4)),
        columns("Unfold", {}, [2, 3], exact(2, 1, 4, 4), dilation=[2, 1], padding=[1, 2], stride=2),
        columns("Fold", {"outputSize": [3, 4]}, 2, exact(1, 8, 6)),
        columns("Fold", {"outputSize": [4, 4]}, [2, 3], exact(2, 6, 4), dilation=[2, 1], padding=[1, 1], stride=2),
        # Without a batch.
        columns("Unfold", {}, 2, exact(2, 3, 4)),
        columns("Fold", {"outputSize": [3, 4]}, 2, exact(8, 6), padding=0),
        fractional(2, 2, {"outputSize": [3, 4]}, [2, 2, 6, 7]),
        fractional(2, [2, 3], {"outputSize": [4, 1]}, [1, 2, 6, 5], indices=True),
        fractional(2, 2, {"outputRatio": [0.5, 0.75]}, [1, 2, 8, 8], indices=True),
        fractional(3, 2, {"outputSize": [2, 3, 2]}, [1, 1, 4, 5, 4], indices=True),
        fractional(3, 1, {"outputRatio": 0.5}, [1, 2, 4, 4, 4]),
    ],
)
