"""Writes packages/architectures/test/golden/adversarial.json: small generators and discriminators in PyTorch, as its tutorial of DCGAN has them, conditional ones and others.

Run: python3 tools/golden/architectures_adversarial.py (PyTorch 1.13 or later)
"""

import torch
from architecture_cases import case, integers, numbers, write
from torch import nn
from torch.nn.utils import spectral_norm


class Generator(nn.Module):
    def __init__(self, latent, channels, size, widths, classes=None, embedding=0):
        super().__init__()
        layers, inputs = [], latent + embedding
        for i, width in enumerate(widths):
            shape = (size // 2 ** len(widths), 1, 0) if i == 0 else (4, 2, 1)
            layers += [nn.ConvTranspose2d(inputs, width, *shape, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            inputs = width
        self.main = nn.Sequential(*layers, nn.ConvTranspose2d(inputs, channels, 4, 2, 1, bias=False), nn.Tanh())
        self.embedding = None if classes is None else nn.Embedding(classes, embedding)

    def forward(self, z, y=None):
        z = z if y is None else torch.cat([z, self.embedding(y)], 1)
        return self.main(z[:, :, None, None])


class Discriminator(nn.Module):
    def __init__(self, channels, size, widths, normalization="batch", classes=None):
        super().__init__()
        of = spectral_norm if normalization == "spectral" else lambda layer: layer
        bias = normalization in ("spectral", "none")
        norms = {"batch": nn.BatchNorm2d, "layer": lambda width: nn.GroupNorm(1, width)}
        layers, inputs = [], channels
        for i, width in enumerate(widths):
            layers.append(of(nn.Conv2d(inputs, width, 4, 2, 1, bias=bias)))
            if i > 0 and normalization in norms:
                layers.append(norms[normalization](width))
            layers.append(nn.LeakyReLU(0.2))
            inputs = width
        self.main = nn.Sequential(*layers, of(nn.Conv2d(inputs, 1, size // 2 ** len(widths), bias=bias)))
        self.embedding = None if classes is None else of(nn.Embedding(classes, inputs))

    def forward(self, x, y=None):
        if y is None:
            return self.main(x).flatten(1)
        features = self.main[:-1](x)
        return self.main[-1](features).flatten(1) + (features.sum((2, 3)) * self.embedding(y)).sum(1, keepdim=True)


def config(kind, **options):
    return {"type": kind, "options": options}


z, y = numbers("z", 3, 5), integers("y", 4, 3)
small = numbers("image", 3, 1, 12, 12)
sizes = {"channels": 1, "imageSize": 12, "widths": [4, 6]}

write(
    "adversarial",
    [
        case("generator", config("DCGANGenerator", latent=5, channels=2, imageSize=16, widths=[6, 5, 4]), Generator(5, 2, 16, [6, 5, 4]), z),
        case("conditional generator", config("DCGANGenerator", latent=5, channels=1, imageSize=12, widths=[6, 4], classes=4, embedding=3), Generator(5, 1, 12, [6, 4], 4, 3), z, y),
        case("discriminator", config("DCGANDiscriminator", channels=2, imageSize=16, widths=[4, 5, 6]), Discriminator(2, 16, [4, 5, 6]), numbers("image", 3, 2, 16, 16)),
        case("discriminator with layer normalisation", config("DCGANDiscriminator", **sizes, normalization="layer"), Discriminator(1, 12, [4, 6], "layer"), small),
        case("discriminator with spectral normalisation", config("DCGANDiscriminator", **sizes, normalization="spectral"), Discriminator(1, 12, [4, 6], "spectral"), small),
        case("conditional discriminator", config("DCGANDiscriminator", **sizes, normalization="none", classes=4), Discriminator(1, 12, [4, 6], "none", 4), small, y),
        case("conditional discriminator with spectral normalisation", config("DCGANDiscriminator", **sizes, normalization="spectral", classes=4), Discriminator(1, 12, [4, 6], "spectral", 4), small, y),
    ],
)
