"""Writes packages/architectures/test/golden/convolutional.json: small convolutional networks in PyTorch; and convolutional-names.json: all names and shapes of published ones.

ResNet, VGG, MobileNetV2 and ConvNeXt have torchvision's structure and names. Run: python3 tools/golden/architectures_convolutional.py (PyTorch 1.13 or later)
"""

import torch
import torch.nn.functional as F
from architecture_cases import case, names, numbers, write
from torch import nn


def conv(inputs, outputs, kernel, stride=1, groups=1, bias=False):
    return nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups, bias=bias)


class LeNet5(nn.Module):
    def __init__(self, classes, padding, activation):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5, padding=padding)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, classes)
        self.activation = activation

    def forward(self, x):
        f = self.activation
        x = F.avg_pool2d(f(self.c1(x)), 2)
        x = F.avg_pool2d(f(self.c3(x)), 2)
        return self.output(f(self.f6(torch.flatten(f(self.c5(x)), 1))))


class VGG(nn.Module):
    def __init__(self, stages, channels, classes, norm, pooled, hidden):
        super().__init__()
        layers, inputs = [], channels
        for stage in stages:
            for width in stage:
                layers += [nn.Conv2d(inputs, width, 3, padding=1), *([nn.BatchNorm2d(width)] if norm else []), nn.ReLU()]
                inputs = width
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(pooled)
        layers, inputs = [], inputs * pooled**2
        for width in hidden:
            layers += [nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(0)]
            inputs = width
        self.classifier = nn.Sequential(*layers, nn.Linear(inputs, classes))

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, width, 3, stride), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv(width, width, 3), nn.BatchNorm2d(width)
        self.downsample = shortcut(inputs, width, stride)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, width, 1), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = conv(width, width, 3, stride), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = conv(width, 4 * width, 1), nn.BatchNorm2d(4 * width)
        self.downsample = shortcut(inputs, 4 * width, stride)

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(y)) + (x if self.downsample is None else self.downsample(x)))


def shortcut(inputs, outputs, stride):
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))


class ResNet(nn.Module):
    def __init__(self, block, blocks, channels, classes, width, small):
        super().__init__()
        self.conv1 = conv(channels, width, 3) if small else nn.Conv2d(channels, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        inputs = width
        for i, count in enumerate(blocks):
            stage = []
            for position in range(count):
                stage.append(block(inputs, width * 2**i, 2 if i > 0 and position == 0 else 1))
                inputs = width * 2**i * block.expansion
            setattr(self, f"layer{i + 1}", nn.Sequential(*stage))
        self.count = len(blocks)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        for i in range(self.count):
            x = getattr(self, f"layer{i + 1}")(x)
        return self.fc(x.mean((2, 3)))


class ConvNormActivation(nn.Sequential):
    def __init__(self, inputs, outputs, kernel, stride=1, groups=1):
        super().__init__(conv(inputs, outputs, kernel, stride, groups), nn.BatchNorm2d(outputs), nn.ReLU6())


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        inner = inputs * expansion
        layers = [] if expansion == 1 else [ConvNormActivation(inputs, inner, 1)]
        layers += [ConvNormActivation(inner, inner, 3, stride, inner), conv(inner, outputs, 1), nn.BatchNorm2d(outputs)]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, first, last, stages, channels, classes):
        super().__init__()
        layers, inputs = [ConvNormActivation(channels, first, 3, 2)], first
        for expansion, width, count, stride in stages:
            for i in range(count):
                layers.append(InvertedResidual(inputs, width, stride if i == 0 else 1, expansion))
                inputs = width
        self.features = nn.Sequential(*layers, ConvNormActivation(inputs, last, 1))
        self.classifier = nn.Sequential(nn.Dropout(0), nn.Linear(last, classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        x = x.permute(0, 2, 3, 1)
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps).permute(0, 3, 1, 2)


class Permute(nn.Module):
    def __init__(self, *axes):
        super().__init__()
        self.axes = axes

    def forward(self, x):
        return x.permute(self.axes)


class CNBlock(nn.Module):
    def __init__(self, width, kernel):
        super().__init__()
        self.block = nn.Sequential(
            conv(width, width, kernel, groups=width, bias=True),
            Permute(0, 2, 3, 1),
            nn.LayerNorm(width, eps=1e-6),
            nn.Linear(width, 4 * width),
            nn.GELU(),
            nn.Linear(4 * width, width),
            Permute(0, 3, 1, 2),
        )
        self.layer_scale = nn.Parameter(torch.ones(width, 1, 1))

    def forward(self, x):
        return x + self.layer_scale * self.block(x)


class ConvNeXt(nn.Module):
    def __init__(self, depths, widths, patch, kernel, channels, classes):
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(channels, widths[0], patch, patch), LayerNorm2d(widths[0], eps=1e-6))
        layers = [stem]
        for i, (depth, width) in enumerate(zip(depths, widths)):
            if i > 0:
                layers.append(nn.Sequential(LayerNorm2d(widths[i - 1], eps=1e-6), nn.Conv2d(widths[i - 1], width, 2, 2)))
            layers.append(nn.Sequential(*[CNBlock(width, kernel) for _ in range(depth)]))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(LayerNorm2d(widths[-1], eps=1e-6), nn.Flatten(1), nn.Linear(widths[-1], classes))

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)))


class UNet(nn.Module):
    def __init__(self, channels, classes, widths, norm):
        super().__init__()

        def pair(inputs, width):
            layers = []
            for each in (inputs, width):
                layers += [conv(each, width, 3, bias=not norm), *([nn.BatchNorm2d(width)] if norm else []), nn.ReLU()]
            return nn.Sequential(*layers)

        self.encoder = nn.ModuleList([pair(inputs, width) for inputs, width in zip([channels, *widths], widths)])
        self.up = nn.ModuleList([nn.ConvTranspose2d(low, high, 2, 2) for high, low in zip(widths, widths[1:])])
        self.decoder = nn.ModuleList([pair(2 * width, width) for width in widths[:-1]])
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, x):
        height, width = x.shape[2:]
        multiple = 2 ** len(self.up)
        x = F.pad(x, (0, -width % multiple, 0, -height % multiple), mode="replicate")
        seen = []
        for i, pair in enumerate(self.encoder):
            x = pair(x if i == 0 else F.max_pool2d(x, 2))
            seen.append(x)
        for i in reversed(range(len(self.up))):
            x = self.decoder[i](torch.cat([seen[i], self.up[i](x)], 1))
        return self.head(x)[:, :, :height, :width]


class TemporalBlock(nn.Module):
    def __init__(self, inputs, width, kernel, dilation, norm):
        super().__init__()
        self.reach = (kernel - 1) * dilation
        normed = nn.utils.weight_norm if norm else lambda layer: layer
        self.conv1 = normed(nn.Conv1d(inputs, width, kernel, dilation=dilation))
        self.conv2 = normed(nn.Conv1d(width, width, kernel, dilation=dilation))
        self.downsample = None if inputs == width else nn.Conv1d(inputs, width, 1)

    def forward(self, x):
        y = F.relu(self.conv1(F.pad(x, (self.reach, 0))))
        y = F.relu(self.conv2(F.pad(y, (self.reach, 0))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class TemporalConvolutionalNetwork(nn.Module):
    def __init__(self, inputs, outputs, hidden, kernel, norm=True):
        super().__init__()
        widths = zip([inputs, *hidden], hidden)
        self.network = nn.Sequential(*[TemporalBlock(a, b, kernel, 2**i, norm) for i, (a, b) in enumerate(widths)])
        self.linear = nn.Linear(hidden[-1], outputs)

    def forward(self, x):
        return self.linear(self.network(x.transpose(1, 2)).transpose(1, 2))


def config(kind, **options):
    return {"type": kind, "options": options}


image = numbers("image", 3, 2, 20, 14)

write(
    "convolutional",
    [
        case("LeNet-5", config("LeNet5", classes=10), LeNet5(10, 0, torch.tanh), numbers("image", 2, 1, 32, 32)),
        case("LeNet-5 with relu, of 28 × 28", config("LeNet5", classes=3, imageSize=28, activation="relu"), LeNet5(3, 2, F.relu), numbers("image", 2, 1, 28, 28)),
        case("VGG", config("VGG", stages=[[4], [6, 6]], channels=2, classes=5, pooled=2, hidden=[8, 7], dropout=0), VGG([[4], [6, 6]], 2, 5, False, 2, [8, 7]), image),
        case("VGG with batch normalisation", config("VGG", stages=[[4, 4], [6]], channels=2, classes=5, batchNorm=True, pooled=1, hidden=[], dropout=0), VGG([[4, 4], [6]], 2, 5, True, 1, []), image),
        case("ResNet", config("ResNet", blocks=[2, 1], width=4, channels=2, classes=5), ResNet(BasicBlock, [2, 1], 2, 5, 4, False), image),
        case("ResNet with a small stem", config("ResNet", blocks=[1, 1, 1], width=4, channels=2, classes=5, stem="small"), ResNet(BasicBlock, [1, 1, 1], 2, 5, 4, True), image),
        case("ResNet of bottlenecks", config("ResNet", blocks=[2, 1], bottleneck=True, width=4, channels=2, classes=5), ResNet(Bottleneck, [2, 1], 2, 5, 4, False), image),
        case("MobileNetV2", config("MobileNetV2", stages=[[1, 8, 1, 1], [6, 8, 2, 2]], channels=2, classes=5, widthMultiplier=0.25, dropout=0), MobileNetV2(8, 1280, [[1, 8, 1, 1], [6, 8, 2, 2]], 2, 5), image),
        case("ConvNeXt", config("ConvNeXt", depths=[1, 2], widths=[4, 6], patchSize=2, kernelSize=5, channels=2, classes=5, dropPath=0), ConvNeXt([1, 2], [4, 6], 2, 5, 2, 5), image),
        case("U-Net", config("UNet", channels=2, classes=3, widths=[4, 5, 6], dropout=0), UNet(2, 3, [4, 5, 6], False), numbers("image", 2, 2, 8, 12)),
        case("U-Net with batch normalisation, of an odd size", config("UNet", channels=1, classes=2, widths=[4, 5, 6], batchNorm=True, dropout=0), UNet(1, 2, [4, 5, 6], True), numbers("image", 2, 1, 9, 7)),
        case("temporal", config("TemporalConvolutionalNetwork", inputs=2, outputs=3, hidden=[4, 4, 5], kernelSize=3, dropout=0), TemporalConvolutionalNetwork(2, 3, [4, 4, 5], 3), numbers("sequence", 2, 12, 2)),
        case("temporal without weight normalisation", config("TemporalConvolutionalNetwork", inputs=2, outputs=3, hidden=[4], kernelSize=2, dropout=0, weightNorm=False), TemporalConvolutionalNetwork(2, 3, [4], 2, False), numbers("sequence", 2, 5, 2)),
    ],
)

PAPER = [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]]
STAGES = [[64] * 2, [128] * 2, [256] * 3, [512] * 3, [512] * 3]
names(
    "convolutional-names",
    {
        "ResNet-18": ResNet(BasicBlock, [2, 2, 2, 2], 3, 1000, 64, False),
        "ResNet-34": ResNet(BasicBlock, [3, 4, 6, 3], 3, 1000, 64, False),
        "ResNet-50": ResNet(Bottleneck, [3, 4, 6, 3], 3, 1000, 64, False),
        "MobileNetV2": MobileNetV2(32, 1280, PAPER, 3, 1000),
        "ConvNeXt-T": ConvNeXt([3, 3, 9, 3], [96, 192, 384, 768], 4, 7, 3, 1000),
        "VGG-16 with batch normalisation": VGG(STAGES, 3, 1000, True, 7, [4096, 4096]),
    },
)
