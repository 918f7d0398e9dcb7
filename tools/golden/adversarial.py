"""Writes packages/training/test/golden/adversarial.json: gradients of gradient penalties, and steps of two networks in turns.

Weights and inputs are those of the formula of tools/interop. PyTorch computes in float64. Run: python3 tools/golden/adversarial.py (PyTorch 1.13 or later)
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1] / "interop"))
import formula  # noqa: E402

torch.set_num_threads(1)


def numbers(name, *shape):
    return formula.numbers(name, *shape).double()


def short(value):
    return float(f"{value:.9g}")


def store(tensor):
    return {"shape": list(tensor.shape), "data": [short(value) for value in tensor.detach().flatten().tolist()]}


def penalty(critic, x):
    """E (‖∂critic/∂x‖ − 1)², with a graph, so that it has derivatives itself."""
    x = x.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    return ((gradient.flatten(1).norm(dim=1) - 1) ** 2).mean()


def filled(*layers):
    return formula.fill(nn.Sequential(*layers)).double()


def leaky():
    return nn.LeakyReLU(0.2)


critics = {
    "convolutions": lambda: filled(nn.Conv2d(2, 4, 4, 2, 1), leaky(), nn.Conv2d(4, 5, 3, 1, 1, bias=False), nn.Tanh(), nn.Conv2d(5, 1, 4)),
    "groups and dilation": lambda: filled(nn.Conv2d(2, 4, 3, groups=2, dilation=2), nn.SiLU(), nn.Conv2d(4, 4, 2, 2, groups=4), nn.Flatten(), nn.Linear(16, 1)),
    "transposed convolutions": lambda: filled(nn.Conv2d(2, 3, 4, 2, 1), nn.Softplus(), nn.ConvTranspose2d(3, 4, 4, 2, 1, bias=False), nn.Tanh(), nn.Flatten(), nn.Linear(256, 1)),
    "transposed, uneven": lambda: filled(nn.ConvTranspose2d(2, 4, 3, 2, 1, output_padding=1, groups=2), nn.Tanh(), nn.Conv2d(4, 2, 5, 3), leaky(), nn.Flatten(), nn.Linear(32, 1)),
    "normalised": lambda: filled(nn.Conv2d(2, 4, 4, 2, 1, bias=False), nn.GroupNorm(1, 4), leaky(), nn.Conv2d(4, 1, 4)),
}

penalties = []
for name, make in critics.items():
    critic = make()
    value = penalty(critic, numbers("x", 3, 2, 8, 8))
    value.backward()
    gradients = {}
    for key, parameter in critic.named_parameters():
        gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        gradients[key] = [short(gradient.norm().item()), short((gradient * numbers(f"direction of {key}", *gradient.shape)).sum().item())]
    penalties.append({"name": name, "value": short(value.item()), "gradients": gradients})


losses = {
    "non-saturating": (
        lambda real, fake: F.softplus(-real).mean() + F.softplus(fake).mean(),
        lambda fake: F.softplus(-fake).mean(),
    ),
    "least-squares": (
        lambda real, fake: ((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2,
        lambda fake: ((fake - 1) ** 2).mean() / 2,
    ),
    "hinge": (
        lambda real, fake: F.relu(1 - real).mean() + F.relu(1 + fake).mean(),
        lambda fake: -fake.mean(),
    ),
    "wasserstein": (lambda real, fake: fake.mean() - real.mean(), lambda fake: -fake.mean()),
}

runs = []
for name, (of_discriminator, of_generator) in losses.items():
    for spectral in [False, True] if name == "hinge" else [False]:
        convolution = nn.Conv2d(1, 3, 4, 2, 1)
        if spectral:
            convolution = torch.nn.utils.spectral_norm(convolution)
        generator = filled(nn.ConvTranspose2d(3, 4, 2), nn.BatchNorm2d(4), nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Tanh())
        discriminator = filled(convolution, leaky(), nn.Flatten(), nn.Linear(12, 1))
        if spectral:
            # What fill gives to the singular vectors has not their length; one call makes it so, here as there.
            discriminator(numbers("x", 1, 1, 4, 4))
        g = torch.optim.SGD(generator.parameters(), lr=0.1)
        d = torch.optim.SGD(discriminator.parameters(), lr=0.2)
        x, found = numbers("x", 6, 1, 4, 4), []
        for step in range(3):
            fakes = []
            # Two steps of the discriminator, each on half of the batch and noise of its own, one of the generator.
            for turn in range(2):
                fake = generator(numbers(f"noise {3 * step + turn}", 3, 3, 1, 1)).detach()
                fakes.append(fake)
                d_loss = of_discriminator(discriminator(x[3 * turn : 3 * turn + 3]), discriminator(fake))
                d.zero_grad()
                d_loss.backward()
                d.step()
            g_loss = of_generator(discriminator(generator(numbers(f"noise {3 * step + 2}", 3, 3, 1, 1))))
            g.zero_grad()
            g_loss.backward()
            g.step()
            # Over both shares: the samples are of one generator.
            real, made = x, torch.cat(fakes)
            variation = (made.var(0, unbiased=False).sum() / real.var(0, unbiased=False).sum()).sqrt()
            distances = [torch.cdist(each.flatten(1), each.flatten(1)) ** 2 for each in (real, made)]
            overlap, overlap_made = [torch.exp(-10 * each / distances[0].mean()).mean() for each in distances]
            slope = d_loss.abs() / (x[3:] - fake).flatten(1).norm(dim=1).mean()
            numbers_of = [d_loss, g_loss, variation, overlap / overlap_made, *([slope] if name == "wasserstein" else [])]
            found.append([short(each.item()) for each in numbers_of])
        state = {f"generator.{key}": store(value) for key, value in generator.named_parameters()}
        state |= {f"discriminator.{key}": store(value) for key, value in discriminator.named_parameters()}
        runs.append({"name": name, "spectral": spectral, "steps": found, "state": state})

path = Path(__file__).parents[2] / "packages/training/test/golden/adversarial.json"
path.write_text(json.dumps({"penalties": penalties, "runs": runs}, separators=(",", ":")) + "\n")
print(f"{path.name}: {path.stat().st_size // 1000} kB")
