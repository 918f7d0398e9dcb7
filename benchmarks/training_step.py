"""One training step of the MNIST CNN in PyTorch: reads "<threads> <steps>" lines, answers with milliseconds a step."""
import sys
import time

import torch
from torch import nn

BATCH = 64


def make():
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.25),
        nn.Linear(1568, 64), nn.ReLU(), nn.Linear(64, 10),
    )
    return model, torch.optim.AdamW(model.parameters(), lr=1e-3)


torch.manual_seed(1)
model, optimizer = make()
loss_of = nn.CrossEntropyLoss()
x = torch.rand(BATCH, 1, 28, 28)
y = torch.randint(0, 10, (BATCH,))


def step():
    loss = loss_of(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


print(torch.__version__, flush=True)
for line in sys.stdin:
    threads, count = map(int, line.split())
    torch.set_num_threads(threads)
    step()
    start = time.perf_counter()
    for _ in range(count):
        step()
    print((time.perf_counter() - start) * 1000 / count, flush=True)
