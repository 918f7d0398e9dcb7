"""The three autoencoders of apps/examples/autoencoder in PyTorch. What is drawn of the noise stands in the batches."""
import torch
from torch import nn
from torch.nn import functional as F

from harness import Program, run


class Halves(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = nn.Sequential(*encoder), nn.Sequential(*decoder)

    def forward(self, x):
        return self.decoder(self.encoder(x))


def dense(side):
    pixels, hidden, code = (side * side, 512, 32) if side >= 16 else (side * side, 256, 16)
    encoder = [nn.Flatten(), nn.Linear(pixels, hidden), nn.ReLU(), nn.Linear(hidden, code)]
    decoder = [nn.Linear(code, hidden), nn.ReLU(), nn.Linear(hidden, pixels), nn.Unflatten(1, (1, side, side)), nn.Sigmoid()]
    return Halves(encoder, decoder)


def denoising():
    half = {"kernel_size": 3, "stride": 2, "padding": 1}
    encoder = [
        nn.Conv2d(1, 16, **half, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, **half, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
    ]
    decoder = [
        nn.ConvTranspose2d(32, 16, **half, output_padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.ConvTranspose2d(16, 1, **half, output_padding=1), nn.Sigmoid(),
    ]
    return Halves(encoder, decoder)


class LatentEncoder(nn.Module):
    def __init__(self, pixels, hidden, latents):
        super().__init__()
        first, second = hidden
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(pixels, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU())
        self.mean, self.log_variance = nn.Linear(second, latents), nn.Linear(second, latents)

    def forward(self, x):
        seen = self.layers(x)
        return self.mean(seen), self.log_variance(seen)


class Variational(nn.Module):
    def __init__(self, side):
        super().__init__()
        hidden, latents = ((512, 256), 20) if side >= 16 else ((256, 128), 10)
        pixels, (first, second) = side * side, hidden
        self.encoder = LatentEncoder(pixels, hidden, latents)
        self.decoder = nn.Sequential(
            nn.Linear(latents, second), nn.ReLU(), nn.Linear(second, first), nn.ReLU(),
            nn.Linear(first, pixels), nn.Unflatten(1, (1, side, side)), nn.Sigmoid(),
        )

    def loss(self, x, noise):
        """The negative evidence lower bound, in nats."""
        mean, log_variance = self.encoder(x)
        logits = self.decoder[:-1](mean + (log_variance / 2).exp() * noise)
        surprise = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        divergence = (mean.square() + log_variance.exp() - 1 - log_variance).sum() / 2
        return (surprise + divergence) / len(x)


class Autoencoders(Program):
    def __init__(self, settings, arrays):
        self.kind, side = settings["kind"], arrays["x"].shape[-1]
        is_large = side >= 16
        rates = {"dense": 0.003 if is_large else 0.01, "denoising": 0.01, "variational": 0.002 if is_large else 0.003}
        self.model = {"dense": lambda: dense(side), "denoising": denoising, "variational": lambda: Variational(side)}[self.kind]()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=rates[self.kind])

    def loss(self, batch):
        if self.kind == "variational":
            return self.model.loss(batch["x"], batch["noise"])
        return F.mse_loss(self.model(batch["x"] + batch["noise"] if self.kind == "denoising" else batch["x"]), batch["x"])

    def metric(self, arrays):
        return self.loss(arrays).item()


run(Autoencoders)
