"""Movement of elements in PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
import torch.nn.functional as F
from support.timings import answer

torch.set_num_threads(1)
torch.manual_seed(1)
square = torch.randn(1000, 1000)
images = torch.randn(16, 32, 28, 28)
heads = torch.randn(8, 128, 8, 64)
halves = [torch.randn(500, 1000) for _ in range(2)]
eight = [torch.randn(125, 1000) for _ in range(8)]
hundred = [torch.randn(10, 1000) for _ in range(100)]
columns = [torch.randn(1000, 125) for _ in range(8)]
windows = torch.randn(16, 32 * 9, 784)
classes = torch.randint(0, 100, (10_000,))
known = {
    "transpose": lambda: square.t().contiguous(),
    "flip-rows": lambda: square.flip(0),
    "flip-columns": lambda: square.flip(1),
    "rot90": lambda: torch.rot90(square).contiguous(),
    "roll": lambda: square.roll((100, 100), (0, 1)),
    "repeat": lambda: square.repeat(2, 2),
    "repeatInterleave": lambda: square.repeat_interleave(4, 1),
    "tril": lambda: square.tril(),
    "triu": lambda: square.triu(1),
    "every-second": lambda: square[:, ::2].contiguous(),
    "pad-constant": lambda: F.pad(square, (10, 10, 10, 10)),
    "split": lambda: [part.contiguous() for part in square.split(250, 1)],
    "broadcast": lambda: square[:1].expand(1000, 1000).contiguous(),
    "channels-last": lambda: images.permute(0, 2, 3, 1).contiguous(),
    "pad-images": lambda: F.pad(images, (1, 1, 1, 1)),
    "pad-reflect": lambda: F.pad(images, (2, 2, 2, 2), mode="reflect"),
    "pad-replicate": lambda: F.pad(images, (2, 2, 2, 2), mode="replicate"),
    "pad-circular": lambda: F.pad(images, (2, 2, 2, 2), mode="circular"),
    "unfold": lambda: F.unfold(images, 3, padding=1),
    "fold": lambda: F.fold(windows, (30, 30), 3),
    "pixelShuffle": lambda: F.pixel_shuffle(images, 2),
    "pixelUnshuffle": lambda: F.pixel_unshuffle(images, 2),
    "heads": lambda: heads.permute(0, 2, 1, 3).contiguous(),
    "concat-2": lambda: torch.cat(halves),
    "concat-8": lambda: torch.cat(eight),
    "concat-100": lambda: torch.cat(hundred),
    "concat-columns": lambda: torch.cat(columns, 1),
    "stack": lambda: torch.stack(eight, 1),
    "oneHot": lambda: F.one_hot(classes, 100).float(),
    "arange": lambda: torch.arange(1_000_000) + classes[:1],
}
answer(known)
