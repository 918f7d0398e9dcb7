"""The same work in PyTorch, on CUDA where there is one: reads jobs as lines of JSON, answers with milliseconds."""
import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


def synchronize():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def rand(*shape):
    return torch.rand(*shape, device=DEVICE)


def products(n):
    a, b = rand(n, n), rand(n, n)
    return lambda: a @ b


def convolution(batch, channels, size, out, kernel):
    x, w = rand(batch, channels, size, size), rand(out, channels, kernel, kernel)
    return lambda: F.conv2d(x, w, padding=kernel // 2)


def rows(kind, count, length):
    x, bias = rand(count, length), rand(length)
    if kind == "copy":
        return lambda: x + 1
    if kind == "bias and gelu":
        return lambda: F.gelu(x + bias)
    if kind == "sum":
        return lambda: x.sum(1)
    if kind == "sum of columns":
        return lambda: x.sum(0)
    if kind == "softmax":
        return lambda: F.softmax(x, 1)
    if kind == "normalisation":
        return lambda: F.layer_norm(x, (length,))
    if kind == "transposition":
        return lambda: x.t().contiguous()
    raise ValueError(kind)


def training(model, x, y, rate=1e-3):
    model = model.to(DEVICE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    loss_of = nn.CrossEntropyLoss()

    def step():
        loss = loss_of(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def cnn(batch):
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.25),
        nn.Linear(1568, 64), nn.ReLU(), nn.Linear(64, 10),
    )
    return training(model, rand(batch, 1, 28, 28), torch.randint(0, 10, (batch,), device=DEVICE))


def mlp(batch, width):
    model = nn.Sequential(
        nn.Linear(784, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10),
    )
    return training(model, rand(batch, 784), torch.randint(0, 10, (batch,), device=DEVICE))


def ids(high, *shape):
    return torch.randint(0, high, shape, device=DEVICE)


def kernels(name):
    if name == "gather rows":
        table, index = rand(50_000, 128), ids(50_000, 65_536)
        return lambda: F.embedding(index, table)
    if name == "gather elements":
        x, index = rand(4096, 1024), ids(1024, 4096, 1024)
        return lambda: torch.gather(x, 1, index)
    if name == "add rows by index":
        x, index, added = rand(50_000, 128), ids(50_000, 65_536), rand(65_536, 128)
        return lambda: x.index_add(0, index, added)
    if name == "sort 1024 × 1024":
        x = rand(1024, 1024)
        return lambda: torch.sort(x, stable=True)
    if name == "sort a million":
        x = rand(2**20)
        return lambda: torch.sort(x, stable=True)
    if name == "top 10 of 100,000":
        x = rand(16, 100_000)
        return lambda: torch.topk(x, 10)
    if name == "cumulative sum":
        x = rand(4096, 4096)
        return lambda: torch.cumsum(x, 1)
    if name == "transposed convolution":
        x, w = rand(32, 64, 32, 32), rand(64, 32, 3, 3)
        return lambda: F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1)
    if name == "einsum":
        a, b = rand(8, 512, 8, 64), rand(8, 512, 8, 64)
        return lambda: torch.einsum("bqhd,bkhd->bhqk", a, b)
    if name == "attention":
        q, k, v = rand(8, 8, 512, 64), rand(8, 8, 512, 64), rand(8, 8, 512, 64)
        return lambda: F.scaled_dot_product_attention(q, k, v)
    if name == "Fourier transform":
        x = torch.view_as_complex(rand(256, 4096, 2))
        return lambda: torch.fft.fft(x)
    if name == "loop of 64 steps":
        xs, start, w = rand(64, 32, 128), rand(32, 128), rand(128, 128)

        def loop():
            state = start
            for x in xs:
                state = torch.tanh(x + state @ w)
            return state

        return loop
    raise ValueError(name)


JOBS = {"kernels": kernels, "products": products, "convolution": convolution, "rows": rows, "cnn": cnn, "mlp": mlp}


def measure(call, budget):
    call()
    synchronize()
    count, elapsed = 1, 0.0
    while True:
        start = time.perf_counter()
        for _ in range(count):
            call()
        synchronize()
        elapsed = time.perf_counter() - start
        if elapsed > 0.02 or count >= 1000:
            break
        count *= 4
    each = elapsed / count
    count = max(1, min(2000, int(budget / 7 / each)))
    times = []
    end = time.perf_counter() + 3 * budget
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(count):
            call()
        synchronize()
        times.append((time.perf_counter() - start) / count)
        if time.perf_counter() > end:
            break
    return sorted(times)[len(times) // 2] * 1000


name = torch.cuda.get_device_name(0) if DEVICE == "cuda" else "processor"
print(json.dumps({"version": torch.__version__, "device": name}), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    try:
        print(json.dumps({"ms": measure(JOBS[job["job"]](*job["arguments"]), job["budget"] / 1000)}), flush=True)
    except Exception as error:  # A job that fails is one figure less, not the end of the others.
        print(json.dumps({"error": str(error).split("\n")[0]}), flush=True)
