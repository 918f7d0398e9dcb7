"""Pooling, resampling and grids in PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
import torch.nn.functional as F
from support.timings import answer

torch.set_num_threads(1)
torch.manual_seed(1)
features = torch.randn(8, 32, 28, 28)
signals = torch.randn(16, 32, 512)
volumes = torch.randn(2, 8, 16, 28, 28)
grid = torch.rand(8, 28, 28, 2) * 2 - 1
theta = torch.randn(8, 2, 3)
functions = {
    "max-pool": (features, lambda x: F.max_pool2d(x, 2)),
    "max-pool-3": (features, lambda x: F.max_pool2d(x, 3, stride=2, padding=1)),
    "max-pool-ceil": (features, lambda x: F.max_pool2d(x, 3, stride=2, ceil_mode=True)),
    "max-pool1d": (signals, lambda x: F.max_pool1d(x, 4)),
    "max-pool3d": (volumes, lambda x: F.max_pool3d(x, 2)),
    "average-pool": (features, lambda x: F.avg_pool2d(x, 2)),
    "average-pool-3": (features, lambda x: F.avg_pool2d(x, 3, stride=1, padding=1)),
    "average-pool3d": (volumes, lambda x: F.avg_pool3d(x, 2)),
    "lp-pool": (features, lambda x: F.lp_pool2d(x, 2.0, 2, stride=2)),
    "adaptive-average": (features, lambda x: F.adaptive_avg_pool2d(x, 1)),
    "adaptive-average-uneven": (features, lambda x: F.adaptive_avg_pool2d(x, 5)),
    "adaptive-max": (features, lambda x: F.adaptive_max_pool2d(x, 7)),
    "adaptive-max-uneven": (features, lambda x: F.adaptive_max_pool2d(x, 5)),
    "nearest": (features, lambda x: F.interpolate(x, scale_factor=2)),
    "linear": (signals, lambda x: F.interpolate(x, scale_factor=2, mode="linear")),
    "bilinear": (features, lambda x: F.interpolate(x, scale_factor=2, mode="bilinear")),
    "bilinear-corners": (features, lambda x: F.interpolate(x, 40, mode="bilinear", align_corners=True)),
    "trilinear": (volumes, lambda x: F.interpolate(x, scale_factor=2, mode="trilinear")),
    "bicubic": (features, lambda x: F.interpolate(x, scale_factor=2, mode="bicubic")),
    "area": (features, lambda x: F.interpolate(x, 9, mode="area")),
    "grid-sample": (features, lambda x: F.grid_sample(x, grid, align_corners=False)),
    "grid-sample-nearest": (features, lambda x: F.grid_sample(x, grid, mode="nearest", align_corners=False)),
    "grid-sample-bicubic": (features, lambda x: F.grid_sample(x, grid, mode="bicubic", align_corners=False)),
}


def cases(name, x, f):
    up = torch.randn(f(x).shape)
    leaf = x.clone().requires_grad_()
    return {name: lambda: f(x), f"{name}-gradient": lambda: torch.autograd.grad(f(leaf), leaf, up)}


pooled, indices = F.max_pool2d(features, 2, return_indices=True)
answer(
    {
        **{key: run for name, case in functions.items() for key, run in cases(name, *case).items()},
        "max-pool-indices": lambda: F.max_pool2d(features, 2, return_indices=True),
        "max-unpool": lambda: F.max_unpool2d(pooled, indices, 2),
        "affine-grid": lambda: F.affine_grid(theta, [8, 32, 128, 128], align_corners=False),
    }
)
