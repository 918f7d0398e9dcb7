"""Compositions in PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
import torch.nn.functional as F
from support.timings import answer

torch.set_num_threads(1)
torch.manual_seed(1)
heads = [torch.randn(4, 8, 128, 64) for _ in range(3)]
features = torch.randn(8, 32, 28, 28)
pair = [torch.randn(8, 128, 8, 64) for _ in range(2)]
three = [torch.randn(64, 128), torch.randn(64, 128, 128), torch.randn(64, 128)]
weight = torch.randn(32, 16, 3, 3)
volume, volume_weight = torch.randn(2, 8, 16, 28, 28), torch.randn(16, 8, 3, 3, 3)
signal = torch.view_as_complex(torch.randn(64, 4096, 2))
known = {
    "einsum-two": lambda: torch.einsum("bqhd,bkhd->bhqk", *pair),
    "einsum-three": lambda: torch.einsum("bn,anm,bm->ba", *three),
    "conv-transpose": lambda: F.conv_transpose2d(features, weight, stride=2, padding=1, output_padding=1),
    "conv3d": lambda: F.conv3d(volume, volume_weight, padding=1),
    "max-pool-ceil": lambda: F.max_pool2d(features, 3, stride=2, ceil_mode=True),
    "adaptive-average-uneven": lambda: F.adaptive_avg_pool2d(features, 5),
    "bilinear": lambda: F.interpolate(features, scale_factor=2, mode="bilinear"),
    "bicubic": lambda: F.interpolate(features, scale_factor=2, mode="bicubic"),
    "attention": lambda: torch.softmax(heads[0] @ heads[1].transpose(-2, -1) / 8, -1) @ heads[2],
    "fft-4096": lambda: torch.fft.fft(signal),
}
answer(known)
