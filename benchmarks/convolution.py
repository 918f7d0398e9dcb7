"""Convolutions in PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
import torch.nn.functional as F
from support.timings import answer

torch.set_num_threads(1)
torch.manual_seed(1)
convolutions = {
    "conv1d": ((16, 32, 512), (64, 32, 5), lambda x, w: F.conv1d(x, w, padding=2)),
    "conv2d-3x3": ((8, 32, 28, 28), (32, 32, 3, 3), lambda x, w: F.conv2d(x, w, padding=1)),
    "conv2d-1x1": ((8, 64, 28, 28), (64, 64, 1, 1), F.conv2d),
    "conv2d-first": ((8, 3, 64, 64), (32, 3, 7, 7), lambda x, w: F.conv2d(x, w, stride=2, padding=3)),
    "conv2d-strided": ((8, 32, 28, 28), (64, 32, 3, 3), lambda x, w: F.conv2d(x, w, stride=2, padding=1)),
    "conv2d-dilated": ((8, 32, 28, 28), (32, 32, 3, 3), lambda x, w: F.conv2d(x, w, dilation=2, padding=2)),
    "conv2d-groups": ((8, 64, 28, 28), (64, 16, 3, 3), lambda x, w: F.conv2d(x, w, groups=4, padding=1)),
    "conv2d-depthwise": ((8, 64, 28, 28), (64, 1, 3, 3), lambda x, w: F.conv2d(x, w, groups=64, padding=1)),
    "conv3d": ((2, 8, 16, 28, 28), (16, 8, 3, 3, 3), lambda x, w: F.conv3d(x, w, padding=1)),
    "transpose1d": ((16, 64, 256), (64, 32, 4), lambda x, w: F.conv_transpose1d(x, w, stride=2, padding=1)),
    "transpose2d": ((8, 32, 28, 28), (32, 16, 3, 3), lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1)),
    "transpose2d-4x4": ((8, 32, 28, 28), (32, 16, 4, 4), lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=1)),
    "transpose2d-2x2": ((8, 64, 28, 28), (64, 32, 2, 2), lambda x, w: F.conv_transpose2d(x, w, stride=2)),
    "transpose3d": ((2, 16, 8, 14, 14), (16, 8, 3, 3, 3), lambda x, w: F.conv_transpose3d(x, w, stride=2, padding=1)),
}


def cases(name, input, kernel, f):
    x, w = torch.randn(input), torch.randn(kernel)
    up = torch.randn(f(x, w).shape)
    leaves = [x.clone().requires_grad_(), w.clone().requires_grad_()]
    return {name: lambda: f(x, w), f"{name}-gradient": lambda: torch.autograd.grad(f(*leaves), leaves, up)}


answer({key: run for name, case in convolutions.items() for key, run in cases(name, *case).items()})
