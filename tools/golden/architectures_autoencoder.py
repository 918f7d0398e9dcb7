"""Writes packages/architectures/test/golden/autoencoder.json: small autoencoders in PyTorch; draws are inputs.

Run: python3 tools/golden/architectures_autoencoder.py (PyTorch 1.13 or later)
"""

import math

import torch
import torch.nn.functional as F
from architecture_cases import case, numbers, shares, write
from torch import nn


def dense(shape, hidden, code, activation):
    """Encoder without its last layer, that layer's inputs, and the decoder."""
    size = math.prod(shape)
    down, up = [nn.Flatten()], []
    for before, width in zip([size, *hidden], hidden):
        down += [nn.Linear(before, width), activation()]
    mirrored = hidden[::-1]
    for before, width in zip([code, *mirrored], mirrored):
        up += [nn.Linear(before, width), activation()]
    up += [nn.Linear([code, *mirrored][-1], size), nn.Unflatten(1, shape)]
    return down, hidden[-1] if hidden else size, up


class Dense(nn.Module):
    def __init__(self, shape, hidden, code, activation, code_activation=(), output_activation=()):
        super().__init__()
        down, width, up = dense(shape, hidden, code, activation)
        self.encoder = nn.Sequential(*down, nn.Linear(width, code), *code_activation)
        self.decoder = nn.Sequential(*up, *output_activation)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def loss(sparsity):
    def of(module, x, seen):
        code = module.encoder(seen)
        return F.mse_loss(module.decoder(code), x) + sparsity(code)

    return of


def divergence(code, mean=0.05, weight=0.3):
    """Σ KL(ρ ‖ ρ̂) of Bernoulli distributions, by PyTorch's own."""
    target = torch.distributions.Bernoulli(torch.tensor(mean, dtype=code.dtype))
    return weight * torch.distributions.kl_divergence(target, torch.distributions.Bernoulli(code.mean(0))).sum()


class Convolutional(nn.Module):
    """Images of 7 × 6, which are 4 × 3 and 2 × 2 inside."""

    def __init__(self, code=None, batch_norm=False):
        super().__init__()
        norm = (lambda width: [nn.BatchNorm2d(width)]) if batch_norm else lambda width: []
        down = [nn.Conv2d(2, 3, 3, 2, 1, bias=not batch_norm), *norm(3), nn.Tanh(), nn.Conv2d(3, 4, 3, 2, 1, bias=not batch_norm), *norm(4), nn.Tanh()]
        up = [nn.ConvTranspose2d(4, 3, 3, 2, 1, (1, 0), bias=not batch_norm), *norm(3), nn.Tanh(), nn.ConvTranspose2d(3, 2, 3, 2, 1, (0, 1)), nn.Sigmoid()]
        if code is not None:
            down += [nn.Flatten(), nn.Linear(16, code)]
            up = [nn.Linear(code, 16), nn.Unflatten(1, (4, 2, 2)), nn.Tanh(), *up]
        self.encoder, self.decoder = nn.Sequential(*down), nn.Sequential(*up)

    def forward(self, x):
        return self.decoder(self.encoder(x))


class LatentEncoder(nn.Module):
    def __init__(self, layers, width, latents):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.mean = nn.Linear(width, latents)
        self.log_variance = nn.Linear(width, latents)


class Variational(nn.Module):
    def __init__(self, shape, hidden, latents, likelihood, beta=1, deviation="learned"):
        super().__init__()
        down, width, up = dense(shape, hidden, latents, nn.Tanh)
        self.encoder = LatentEncoder(down, width, latents)
        self.decoder = nn.Sequential(*up, *([nn.Sigmoid()] if likelihood == "bernoulli" else []))
        if likelihood == "gaussian" and deviation == "learned":
            self.log_deviation = nn.Parameter(torch.zeros(()))
        self.likelihood, self.beta, self.deviation = likelihood, beta, deviation

    def forward(self, x, noise):
        seen = self.encoder.layers(x)
        mean, log_variance = self.encoder.mean(seen), self.encoder.log_variance(seen)
        return {"reconstruction": self.decoder(mean + (log_variance / 2).exp() * noise), "mean": mean, "logVariance": log_variance}

    def bound(self, x, noise, beta=1):
        found = self(x, noise)
        posterior = torch.distributions.Normal(found["mean"], (found["logVariance"] / 2).exp())
        prior = torch.distributions.Normal(torch.zeros_like(found["mean"]), torch.ones_like(found["mean"]))
        divergence = torch.distributions.kl_divergence(posterior, prior).sum(1)
        if self.likelihood == "bernoulli":
            p = found["reconstruction"]
            likelihood = x * p.log() + (1 - x) * (1 - p).log()
        else:
            deviation = self.log_deviation.exp() if self.deviation == "learned" else torch.tensor(self.deviation, dtype=x.dtype)
            likelihood = torch.distributions.Normal(found["reconstruction"], deviation).log_prob(x)
        return likelihood.flatten(1).sum(1) - beta * divergence


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Sequential(nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 1))

    def forward(self, x):
        return x + self.inner(x)


class Quantizer(nn.Module):
    def __init__(self, codes, size, codebook, commitment):
        super().__init__()
        first = torch.zeros(codes, size)
        if codebook == "loss":
            self.codebook = nn.Parameter(first)
        else:
            self.register_buffer("codebook", first)
        self.register_buffer("counts", torch.zeros(codes))
        if codebook == "average":
            self.register_buffer("sums", torch.zeros(codes, size))
        self.kind, self.commitment = codebook, commitment

    def forward(self, z):
        indices = torch.cdist(z.movedim(1, -1).flatten(0, -2), self.codebook).argmin(1).unflatten(0, (z.shape[0], *z.shape[2:]))
        found = F.embedding(indices, self.codebook).movedim(-1, 1)
        penalty = self.commitment * F.mse_loss(z, found.detach())
        if self.kind == "loss":
            penalty = penalty + F.mse_loss(found, z.detach())
        return z + (found - z).detach(), indices, penalty


class VectorQuantized(nn.Module):
    def __init__(self, channels, width, codes, size, codebook, commitment):
        super().__init__()
        # In the order of our fields.
        self.encoder = nn.Sequential(nn.Conv2d(channels, width, 4, 2, 1), nn.ReLU(), nn.Conv2d(width, width, 4, 2, 1), nn.ReLU(), Residual(width), nn.ReLU(), nn.Conv2d(width, size, 1))
        self.quantizer = Quantizer(codes, size, codebook, commitment)
        self.decoder = nn.Sequential(nn.Conv2d(size, width, 3, padding=1), Residual(width), nn.ReLU(), nn.ConvTranspose2d(width, width, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(width, channels, 4, 2, 1))

    def forward(self, x):
        quantized, indices, penalty = self.quantizer(self.encoder(x))
        return {"reconstruction": self.decoder(quantized), "indices": indices, "penalty": penalty}


plain = {"type": "Autoencoder", "options": {"inputs": 5, "hidden": [4], "code": 2, "activation": "tanh"}}
penalties = {
    "l1": ({"penalty": "l1", "weight": 0.2}, (), lambda code: 0.2 * code.abs().sum(1).mean()),
    "kl": ({"penalty": "kl", "weight": 0.3, "mean": 0.05}, (nn.Sigmoid(),), divergence),
}
images = {"channels": 2, "imageSize": [7, 6], "features": [3, 4], "activation": "tanh", "outputActivation": "sigmoid"}
x, seen, image = numbers("x", 4, 5), numbers("seen", 4, 5), numbers("x", 3, 2, 7, 6)


def variational(likelihood, method, **options):
    shape, sizes = (2, 3), {"hidden": [5, 4], "latents": 2}
    config = {"type": "VariationalAutoencoder", "options": {"inputs": list(shape), **sizes, "likelihood": likelihood, **options}}
    calls = {
        "forward": None,
        "bound": lambda module, x, noise: module.bound(x, noise),
        "loss": lambda module, x, noise: -module.bound(x, noise, module.beta).mean(),
    }
    title = " ".join(["variational", likelihood, method, *(str(value) for value in options.values())])
    module = Variational(shape, **sizes, likelihood=likelihood, **options)
    x = (shares if likelihood == "bernoulli" else numbers)("x", 4, *shape)
    return case(title, config, module, x, numbers("noise", 4, 2), call=calls[method], method=None if method == "forward" else method)


def quantized(codebook):
    sizes = {"channels": 2, "width": 4, "codes": 5, "codeSize": 3, "codebook": codebook, "commitment": 0.5}
    config = {"type": "VectorQuantizedAutoencoder", "options": {**sizes, "blocks": 1}}
    module = VectorQuantized(2, 4, 5, 3, codebook, 0.5)
    return case(f"vector-quantised {codebook}", config, module, numbers("x", 2, 2, 8, 8))


write(
    "autoencoder",
    [
        case("dense", plain, Dense((5,), [4], 2, nn.Tanh), x),
        case("dense loss of corrupted examples", plain, Dense((5,), [4], 2, nn.Tanh), x, seen, call=loss(lambda code: 0), method="loss"),
        *(
            case(
                f"sparse {name}",
                {"type": "Autoencoder", "options": {**plain["options"], "codeActivation": "sigmoid" if name == "kl" else "identity", "sparsity": options}},
                Dense((5,), [4], 2, nn.Tanh, code_activation=code_activation),
                x,
                seen,
                call=loss(penalty),
                method="loss",
            )
            for name, (options, code_activation, penalty) in penalties.items()
        ),
        case("convolutional", {"type": "ConvolutionalAutoencoder", "options": images}, Convolutional(), image),
        case("convolutional code", {"type": "ConvolutionalAutoencoder", "options": {**images, "batchNorm": True, "code": 3}}, Convolutional(3, True), image),
        variational("bernoulli", "forward"),
        variational("bernoulli", "loss", beta=4),
        variational("gaussian", "bound"),
        variational("gaussian", "loss", deviation=0.5),
        quantized("average"),
        quantized("loss"),
    ],
)
