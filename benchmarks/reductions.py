"""Reductions and normalisations in PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
import torch.nn.functional as F
from support.timings import answer

torch.set_num_threads(1)
torch.manual_seed(1)
x = torch.randn(1000, 1000)
near = 1 + x * 1e-3
logits, up = torch.randn(4096, 1024), torch.randn(4096, 1024)
tokens, up_tokens = torch.randn(2048, 768), torch.randn(2048, 768)
images = torch.randn(32, 64, 28, 28)
mask = x > 4
integers = torch.randint(-1000, 1000, (1000, 1000), dtype=torch.int32)
targets = torch.randint(0, 1024, (4096,))
layer_norm = torch.nn.LayerNorm(768)
group_norm = torch.nn.GroupNorm(8, 64, affine=False)
batch_norm = torch.nn.BatchNorm2d(64).eval()


def gradient(f, x, up):
    leaf = x.clone().requires_grad_()
    return lambda: torch.autograd.grad(f(leaf), leaf, up)


along = {
    "sum": lambda d: x.sum(d),
    "mean": lambda d: x.mean(d),
    "max": lambda d: x.amax(d),
    "argmax": lambda d: x.argmax(d) if isinstance(d, int) else x.argmax(),
    "variance": lambda d: x.var(d),
    "norm": lambda d: torch.linalg.vector_norm(x, dim=d),
    "logSumExp": lambda d: x.logsumexp(d),
}
axes = {"all": (0, 1), "rows": 1, "columns": 0}
known = {
    **{f"{name}-{which}": (lambda f=f, d=d: f(d)) for name, f in along.items() for which, d in axes.items()},
    "max-with-indices": lambda: x.max(1),
    "aminmax": lambda: x.aminmax(),
    "norm-1": lambda: torch.linalg.vector_norm(x, 1, dim=1),
    "norm-infinity": lambda: torch.linalg.vector_norm(x, torch.inf, dim=1),
    "nanSum": lambda: x.nansum(),
    "countNonZero": lambda: torch.count_nonzero(x),
    "prod": lambda: near.prod(),
    "any": lambda: mask.any(),
    "all": lambda: mask.all(1),
    "sum-int32": lambda: integers.sum(dtype=torch.int32),
    "sum-middle": lambda: images.sum((0, 2, 3)),
    "softmax": lambda: logits.softmax(-1),
    "softmax-columns": lambda: logits.softmax(0),
    "logSoftmax": lambda: logits.log_softmax(-1),
    "cross-entropy": lambda: F.cross_entropy(logits, targets),
    "softmax-gradient": gradient(lambda a: a.softmax(-1), logits, up),
    "logSoftmax-gradient": gradient(lambda a: a.log_softmax(-1), logits, up),
    "layerNorm": lambda: layer_norm(tokens),
    "layerNorm-gradient": gradient(layer_norm, tokens, up_tokens),
    "groupNorm": lambda: group_norm(images),
    "batchNorm": lambda: batch_norm(images),
}
answer(known)
