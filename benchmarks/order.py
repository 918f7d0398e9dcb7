"""Cumulative operations and sorting in PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
from support.timings import answer

torch.set_num_threads(1)
torch.manual_seed(1)
million = torch.randn(1_000_000)
square = torch.randn(1000, 1000)
rows = torch.randn(20_000, 32)
logits = torch.randn(128, 50_000)
integers = torch.randint(0, 1000, (1_000_000,), dtype=torch.int32)
sorted_values = torch.randn(100_000).sort()[0]
known = {
    "cumsum-million": lambda: million.cumsum(0),
    "cumsum-rows": lambda: square.cumsum(1),
    "cumsum-columns": lambda: square.cumsum(0),
    "cumprod-rows": lambda: square.cumprod(1),
    "cummax-rows": lambda: square.cummax(1),
    "logcumsumexp-rows": lambda: square.logcumsumexp(1),
    "sort-million": lambda: million.sort(stable=True),
    "sort-rows": lambda: torch.sort(square, dim=1, stable=True),
    "sort-short-rows": lambda: torch.sort(rows, dim=1, stable=True),
    "sort-columns": lambda: torch.sort(square, dim=0, stable=True),
    "sort-integers": lambda: torch.sort(integers, stable=True),
    "topk-10-of-million": lambda: million.topk(10),
    "topk-5-of-logits": lambda: logits.topk(5),
    "median-rows": lambda: square.median(1),
    "searchsorted": lambda: torch.searchsorted(sorted_values, million),
}
answer(known)
