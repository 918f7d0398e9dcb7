"""PyTorch as a contender, started by bench.ts with FOLDER THREADS; answers the questions that serve.ts does."""
import json
import os
import resource
import sys
import time

import numpy
import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "..", "examples"))
from gnn import GCN  # noqa: E402
from gpt2 import GPT2  # noqa: E402

FOLDER, THREADS = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(THREADS)


class LstmClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(64, 128), nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.lstm(x)[1][0][0])


class TextClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.hidden, self.output = nn.Embedding(10_000, 64), nn.Linear(64, 64), nn.Linear(64, 2)

    def forward(self, ids):
        return self.output(F.relu(self.hidden(self.embedding(ids).mean(1))))


class Block(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.downsample = None
        if inputs != width:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64)
        inputs = 64
        for stage, width in enumerate((64, 128, 256, 512)):
            blocks = nn.Sequential(Block(inputs, width, 2 if stage else 1), Block(width, width, 1))
            setattr(self, f"layer{stage + 1}", blocks)
            inputs = width
        self.fc = nn.Linear(512, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def gpt(sizes):
    return GPT2(*(sizes[name] for name in ("vocabulary", "context", "width", "layers", "heads")))


def mlp(workload, drops):
    sizes = workload["sizes"]
    first, second = sizes["first"], sizes["second"]
    return nn.Sequential(nn.Linear(sizes["inputs"], first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, 10))


def cnn(workload, drops):
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25 if drops else 0),
        nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10),
    )


MODELS = {
    "mlp": mlp,
    "cnn": cnn,
    "gpt": lambda workload, drops: gpt(workload["sizes"]),
    "block": lambda workload, drops: gpt(workload["sizes"]),
    "lstm": lambda workload, drops: LstmClassifier(),
    "gcn": lambda workload, drops: GCN(1433, 7, 16, 0),
    "resnet": lambda workload, drops: ResNet(workload["sizes"]["classes"]),
    "text": lambda workload, drops: TextClassifier(),
}


def attention(q, k, v):
    length = q.shape[2]
    scores = (q @ k.transpose(2, 3)) * q.shape[3] ** -0.5
    return scores.masked_fill(torch.ones(length, length, dtype=torch.bool).triu(1), -torch.inf).softmax(-1) @ v


def chain(x, y):
    for _ in range(1000):
        x = x + y
    return x


FUNCTIONS = {
    "matmul": lambda a, b: a @ b,
    "conv": lambda x, w: F.conv2d(x, w, padding=1),
    "gelu": lambda x, b, s: F.gelu(x + b, approximate="tanh") * s,
    "softmax": lambda x: x.softmax(-1),
    "layer-norm": lambda x, w, b: F.layer_norm(x, (1024,), w, b),
    "attention": attention,
    "add": lambda a, b: a + b,
    "chain": chain,
}


def read():
    with open(os.path.join(FOLDER, "workload.json")) as file:
        found = json.load(file)
    whole = numpy.fromfile(os.path.join(FOLDER, "data.bin"), "<f4")
    parts = {"inputs": {}, "weights": {}}
    for entry in found["entries"]:
        part = whole[entry["offset"] : entry["offset"] + int(numpy.prod(entry["shape"]))].reshape(entry["shape"])
        if entry["dtype"] == "int32":
            part = part.view("<i4").astype("i8")
        parts[entry["part"]][entry["name"]] = torch.from_numpy(part.copy())
    return found["workload"], parts["inputs"], parts["weights"]


def evaluation(function, workload):
    """run(inputs): the function of them, without gradients."""

    def run(inputs):
        with torch.no_grad():
            result = function(*inputs.values())
            if workload["isRead"]:
                result.tolist()

    return run


def make(given, drops):
    """run(inputs): one run, and the loss of a step."""
    workload, inputs, weights = given
    kind = workload["kind"]
    if kind in FUNCTIONS:
        return evaluation(FUNCTIONS[kind], workload)
    model = MODELS[kind](workload, drops)
    missing, unexpected = model.load_state_dict(weights, strict=False)
    parameters = dict(model.named_parameters())
    if unexpected or any(name in parameters and name != "lm_head.weight" for name in missing):
        raise ValueError(f"weights that are missing: {missing}; that are not there: {unexpected}")
    if not workload["isTraining"]:
        model.eval()
        return evaluation(model.transformer.h[0] if kind == "block" else model, workload)
    adjacency = GCN.graph(inputs["edges"], workload["sizes"]["nodes"]) if kind == "gcn" else None

    def loss(x, y, *_):
        if kind == "gcn":
            return F.cross_entropy(model(x, adjacency), y)
        logits = model(x)
        return F.cross_entropy(logits.flatten(0, -2), y.flatten())

    if kind == "gpt":
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    else:
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step(inputs):
        value = loss(*inputs.values())
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        return value.item()

    return step


def timed(count, run):
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(count):
        run()
    scale = 1000 / count
    return {"wall": (time.perf_counter() - wall) * scale, "processor": (time.process_time() - processor) * scale}


def resident(field):
    """MiB that the process has (VmRSS) or has had (VmHWM)."""
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(f"{field}:")) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def reset_peak():
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass  # Linux alone can, and not in every container.


def say(answer):
    print(json.dumps(answer), flush=True)


say({"version": f"PyTorch {torch.__version__}, {THREADS} {'thread' if THREADS == 1 else 'threads'}"})
given = run = None
before = peak_before = most = 0
for line in sys.stdin:
    question, *rest = line.split()
    count = int(rest[0]) if rest else 0
    try:
        given = given or read()
        if question == "first":
            reset_peak()
            before, peak_before = resident("VmRSS"), resident("VmHWM")
            began = time.perf_counter()
            run = make(given, True)
            prepared = (time.perf_counter() - began) * 1000
            first = timed(1, lambda: run(given[1]))
            most = max(most, resident("VmRSS"))
            say({"prepared": prepared, **first})
            continue
        run = run or make(given, True)
        if question == "run":
            timing = timed(count, lambda: run(given[1]))
            most = max(most, resident("VmRSS"))
            say(timing)
        elif question == "size":
            rows = {name: value[:count] for name, value in given[1].items()}
            say({"first": timed(1, lambda: run(rows)), "second": timed(1, lambda: run(rows))})
        elif question == "losses":
            step = make(given, False)
            say({"losses": [step(given[1]) for _ in range(count)]})
        elif question == "memory":
            peak = resident("VmHWM")
            say({"memory": (peak if peak > peak_before else most) - before})
        else:
            raise ValueError(f"There is no question {question!r}.")
    except Exception as error:  # noqa: BLE001: whatever went wrong is the answer
        say({"error": f"{type(error).__name__}: {error}", "isMissing": False})
