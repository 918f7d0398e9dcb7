"""Writes packages/layers/test/golden/convolution.json: convolutions and transposed ones of PyTorch.

Run: python3 tools/golden/layers_convolution.py (PyTorch 1.13 or later)
"""

from layer_cases import case, exact, write
from torch import nn

NAMES = {"stride": "stride", "padding": "padding", "padding_mode": "paddingMode", "dilation": "dilation", "groups": "groups", "bias": "bias", "output_padding": "outputPadding"}


def conv(kind, channels, kernel, size, output_size=None, batch=2, **options):
    inputs, outputs = channels
    config = {"type": kind, "inChannels": inputs, "outChannels": outputs, "kernelSize": kernel}
    config.update({NAMES[key]: value for key, value in options.items()})
    kernel = tuple(kernel) if isinstance(kernel, list) else kernel
    options = {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
    module = getattr(nn, kind)(inputs, outputs, kernel, **options)
    more = [] if output_size is None else [output_size]
    shape = [inputs, *size] if batch is None else [batch, inputs, *size]
    return case(config, module, exact(*shape), *more)


class Separable(nn.Module):
    def __init__(self, kind, inputs, outputs, kernel, multiplier, bias, **options):
        super().__init__()
        self.depthwise = kind(inputs, inputs * multiplier, kernel, groups=inputs, bias=bias, **options)
        self.pointwise = kind(inputs * multiplier, outputs, 1, bias=bias)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


def separable(axes, channels, kernel, size, multiplier=1, bias=True, **options):
    inputs, outputs = channels
    config = {"type": f"SeparableConv{axes}d", "inChannels": inputs, "outChannels": outputs, "kernelSize": kernel}
    config.update({"depthMultiplier": multiplier, "bias": bias, **{NAMES[key]: value for key, value in options.items()}})
    module = Separable(getattr(nn, f"Conv{axes}d"), inputs, outputs, kernel, multiplier, bias, **options)
    return case(config, module, exact(2, inputs, *size))


write(
    "convolution",
    [
        conv("Conv1d", (2, 3), 3, [6]),
        conv("Conv1d", (2, 4), 2, [7], stride=2, padding=1, dilation=2, groups=2),
        conv("Conv1d", (2, 3), 4, [6], padding="same", bias=False),
        conv("Conv1d", (2, 2), 3, [6], padding=2, padding_mode="reflect"),
        conv("Conv1d", (2, 2), 4, [6], padding="same", padding_mode="circular"),
        conv("Conv2d", (2, 3), [3, 2], [4, 4]),
        conv("Conv2d", (4, 2), [3, 2], [5, 5], stride=[2, 1], padding=[1, 0], dilation=[1, 2], groups=2),
        conv("Conv2d", (2, 2), [3, 2], [4, 4], padding="same", groups=2, bias=False),
        conv("Conv2d", (2, 2), 3, [4, 3], padding="valid"),
        conv("Conv2d", (1, 2), 3, [4, 3], padding=[2, 1], padding_mode="reflect"),
        conv("Conv2d", (1, 2), 3, [4, 3], padding=[2, 1], padding_mode="replicate"),
        conv("Conv2d", (1, 2), 3, [4, 3], padding=[2, 1], padding_mode="circular", stride=2),
        conv("Conv2d", (3, 6), 2, [3, 3], groups=3),
        conv("Conv3d", (1, 2), 2, [3, 3, 3]),
        conv("Conv3d", (2, 2), [1, 2, 3], [2, 4, 4], stride=[1, 2, 1], padding=[0, 1, 2], groups=2, batch=1),
        conv("Conv3d", (1, 1), 3, [3, 2, 2], padding=[1, 1, 1], padding_mode="replicate", batch=1),
        conv("ConvTranspose1d", (2, 3), 3, [4]),
        conv("ConvTranspose1d", (2, 4), 3, [3], stride=3, padding=1, output_padding=2, groups=2),
        conv("ConvTranspose1d", (2, 2), 2, [4], dilation=3, output_padding=2, bias=False),
        conv("ConvTranspose1d", (2, 2), 3, [4], stride=2, padding=1, output_size=[8]),
        conv("ConvTranspose2d", (2, 3), [3, 2], [3, 3]),
        conv("ConvTranspose2d", (4, 2), 3, [2, 3], stride=2, padding=1, output_padding=[1, 0], groups=2),
        conv("ConvTranspose2d", (2, 2), 2, [3, 2], stride=[2, 1], dilation=[1, 2], bias=False),
        conv("ConvTranspose2d", (2, 1), 3, [2, 2], stride=2, output_size=[5, 6]),
        conv("ConvTranspose2d", (2, 1), 3, [2, 2], stride=3, padding=1, output_size=[2, 1, 5, 4]),
        conv("ConvTranspose3d", (1, 2), 2, [2, 2, 2], stride=2),
        conv("ConvTranspose3d", (2, 2), [1, 2, 3], [2, 2, 2], padding=[0, 1, 1], output_padding=[0, 0, 1], stride=[1, 1, 2], groups=2, batch=1),
        conv("Conv2d", (2, 2), 3, [4, 4], padding=1, batch=None),
        conv("ConvTranspose1d", (2, 2), 3, [3], stride=2, output_size=[8], batch=None),
        separable(1, (2, 3), 3, [5]),
        separable(2, (2, 3), 3, [4, 4], padding=1, stride=2, bias=False),
        separable(2, (2, 3), 2, [4, 3], multiplier=2, padding="same", padding_mode="replicate"),
        separable(3, (2, 1), 2, [2, 3, 3]),
    ],
)
