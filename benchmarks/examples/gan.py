"""The networks of `npm run example -- gan` in PyTorch: the same layers, losses, optimizers, steps and averages, judged by the same judge.

    npm run example -- gan --full --data DIR --out OUT       # or without --full and --data: on the small digits
    python3 benchmarks/examples/gan.py OUT --data DIR        # or without --data

OUT is what the example wrote: its judge (judge.safetensors) and its generator (generator.safetensors). Both generators make as many samples here, and PyTorch computes what the judge makes of them. One thread.
PyTorch 1.13 or later, numpy, scipy.
"""

import argparse
import copy
import gzip
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from scipy import linalg
from torch import nn

LATENT, BATCH, SAMPLES, DECAY = 64, 64, 10_000, 0.99
STEPS = {8: 2000, 28: 2500}
DIGITS = Path(__file__).parents[2] / "apps/quickstart/data/digits.csv"
RATES = {"lr": 1e-3, "betas": (0, 0.99)}


def mnist(folder, name):
    """Images [n, 1, 28, 28] in 0 ... 1."""
    path = next(each for each in sorted(folder.iterdir()) if each.name.startswith(name) and "images" in each.name)
    raw = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    return torch.from_numpy(np.frombuffer(raw, np.uint8)[16:].reshape(-1, 1, 28, 28).astype(np.float32) / 255)


def safetensors(path):
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    types = {"F32": np.float32, "I64": np.int64, "I32": np.int32}
    header = {key: value for key, value in json.loads(raw[8 : 8 + length]).items() if key != "__metadata__"}
    state = {}
    for key, value in header.items():
        start, end = value["data_offsets"]
        data = np.frombuffer(raw[8 + length + start : 8 + length + end], types[value["dtype"]])
        state[key] = torch.from_numpy(data.reshape(value["shape"]).copy())
    return state


def digits():
    """The 1,797 of 8 × 8."""
    rows = np.loadtxt(DIGITS, delimiter=",", skiprows=1, dtype=np.float32)
    return torch.from_numpy(rows[:, :64].reshape(-1, 1, 8, 8) / 16)


class Generator(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(LATENT, 64, size // 4, 1, 0, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
            nn.ConvTranspose2d(64, 32, 4, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
            nn.ConvTranspose2d(32, 1, 4, 2, 1, bias=False), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z):
        return self.main(z[:, :, None, None])


class Discriminator(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(1, 32, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(32, 64, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(64, 1, size // 4),
        )  # fmt: skip

    def forward(self, x):
        return self.main(x).flatten(1)


class Judge(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Sequential(nn.Linear(32 * (size // 4) ** 2, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))

    def forward(self, x):
        features = self.classifier[:3](self.features(x).flatten(1))
        return features, self.classifier[3](features).argmax(1)


def begin(model):
    """The generator as DCGAN's; a discriminator without normalisation so that numbers keep their size."""
    for layer in model.modules():
        if isinstance(layer, nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, 0, 0.02)
        elif isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, a=0.2)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1, 0.02)
    return model


def train(images, steps):
    size = images.shape[-1]
    generator, discriminator = begin(Generator(size)), begin(Discriminator(size))
    average = copy.deepcopy(generator)
    g = torch.optim.Adam(generator.parameters(), **RATES)
    d = torch.optim.Adam(discriminator.parameters(), **RATES)
    noise = lambda: torch.randn(BATCH, LATENT)  # noqa: E731
    order, at = torch.randperm(len(images)), 0
    for step in range(steps):
        for optimizer in (g, d):
            optimizer.param_groups[0]["lr"] = RATES["lr"] * min(1, 2 * (1 - step / steps))
        if at + BATCH > len(images):
            order, at = torch.randperm(len(images)), 0
        real, at = images[order[at : at + BATCH]] * 2 - 1, at + BATCH
        fake = generator(noise()).detach()
        loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
        d.zero_grad()
        loss.backward()
        d.step()
        loss = F.softplus(-discriminator(generator(noise()))).mean()
        g.zero_grad()
        loss.backward()
        g.step()
        with torch.no_grad():
            for mean, value in zip(average.parameters(), generator.parameters()):
                mean.copy_(value if step == 0 else mean + (1 - DECAY) * (value - mean))
    # The statistics of the averages: plain means over ten batches.
    for layer in average.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None
    with torch.no_grad():
        for _ in range(10):
            average(torch.randn(200, LATENT))
    return average.eval()


@torch.no_grad()
def judged(judge, images):
    parts = [judge(batch) for batch in images.split(500)]
    features = torch.cat([part[0] for part in parts]).double().numpy()
    return features, torch.cat([part[1] for part in parts])


def distance(a, b):
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # The trace of the root by eigenvalues: a feature that is always 0 leaves the product without an inverse, and scipy's sqrtm without a root.
    roots = np.sqrt(np.maximum(linalg.eigvals(first @ second).real, 0)).sum()
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(first + second) - 2 * roots


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--data", type=Path)
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    if given.data is None:
        images = digits()
        # All of them are what samples are compared with, four fifths are learnt from.
        learnt, real = images[torch.randperm(len(images))[: len(images) * 4 // 5]], images
    else:
        folder = given.data / "mnist" if (given.data / "mnist").is_dir() else given.data
        learnt, real = mnist(folder, "train"), mnist(folder, "t10k")

    size = real.shape[-1]
    judge, hebb = Judge(size), Generator(size)
    judge.load_state_dict(safetensors(given.out / "judge.safetensors"))
    hebb.load_state_dict(safetensors(given.out / "generator.safetensors"))
    real, _ = judged(judge.eval(), real)

    start, cpu = time.perf_counter(), time.process_time()
    pytorch = train(learnt, STEPS[size])
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu

    for name, generator in (("Hebb", hebb.eval()), ("PyTorch", pytorch)):
        with torch.no_grad():
            samples = torch.cat([generator(torch.randn(500, LATENT)) for _ in range(SAMPLES // 500)]) / 2 + 0.5
        features, classes = judged(judge, samples)
        shares = torch.bincount(classes, minlength=10) / SAMPLES
        print(f"{name:8} Fréchet distance {distance(features, real):8.3f}   shares of classes {100 * shares.min():.1f} ... {100 * shares.max():.1f} %")
    print(f"PyTorch trained {STEPS[size]} steps in {seconds:.0f} s, {cpu:.0f} s of one core")


if __name__ == "__main__":
    main()
