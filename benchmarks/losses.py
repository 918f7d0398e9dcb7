"""Losses of PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
from support.timings import answer
from torch.nn import functional as F

torch.set_num_threads(1)
torch.manual_seed(1)
steps, batch, labels, classes = 200, 16, 30, 40
x = torch.randn(steps, batch, classes).log_softmax(2)
leaf = x.clone().requires_grad_()
targets = torch.randint(1, classes, (batch, labels))
lengths = torch.full((batch,), steps), torch.full((batch,), labels)

answer(
    {
        "ctc": lambda: F.ctc_loss(x, targets, *lengths),
        "ctc-gradient": lambda: torch.autograd.grad(F.ctc_loss(leaf, targets, *lengths), leaf),
    }
)
