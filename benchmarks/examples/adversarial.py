"""The DCGAN of apps/examples/gan in PyTorch; the numbers that images are made of stand in the batches."""
import torch
from torch import nn
from torch.nn import functional as F

from harness import Program, run

DECAY = 0.99


class Layers(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.main = nn.Sequential(*layers)

    def forward(self, x):
        return self.main(x)


def generator(latent, grid):
    return Layers(
        nn.ConvTranspose2d(latent, 64, grid, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
        nn.ConvTranspose2d(64, 32, 4, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, 2, 1, bias=False), nn.Tanh(),
    )


def discriminator(grid):
    return Layers(
        nn.Conv2d(1, 32, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(64, 1, grid),
    )


class Adversarial(Program):
    def __init__(self, settings, arrays):
        grid = arrays["x"].shape[-1] // 4
        self.generator, self.discriminator = generator(settings["latent"], grid), discriminator(grid)
        self.average = None
        rates = {"lr": 1e-3, "betas": (0, 0.99)}
        self.both = [torch.optim.Adam(each.parameters(), **rates) for each in (self.generator, self.discriminator)]

    modules = property(lambda self: {"generator": self.generator, "discriminator": self.discriminator})
    optimizers = property(lambda self: self.both)

    def make(self, z):
        return self.generator(z[:, :, None, None])

    def step(self, batch):
        if self.average is None:
            self.average = [each.detach().clone() for each in self.generator.parameters()]
        for_generator, for_discriminator = self.both
        fake = self.make(batch["first"]).detach()
        judged = F.softplus(-self.discriminator(batch["x"])).mean() + F.softplus(self.discriminator(fake)).mean()
        for_discriminator.zero_grad()
        judged.backward()
        for_discriminator.step()
        deceived = F.softplus(-self.discriminator(self.make(batch["second"]))).mean()
        for_generator.zero_grad()
        deceived.backward()
        for_generator.step()
        with torch.no_grad():
            for average, each in zip(self.average, self.generator.parameters()):
                average.lerp_(each, 1 - DECAY)
        return [judged.item(), deceived.item()]

    def metric(self, arrays):
        """What the discriminator thinks of real images less what it thinks of those that the average of the generator makes."""
        trained = [each.detach().clone() for each in self.generator.parameters()]
        self.load(self.average or trained)
        lead = self.discriminator(arrays["x"]).mean() - self.discriminator(self.make(arrays["z"])).mean()
        self.load(trained)
        return lead.item()

    def load(self, weights):
        with torch.no_grad():
            for each, weight in zip(self.generator.parameters(), weights):
                each.copy_(weight)


run(Adversarial)
