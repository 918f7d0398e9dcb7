"""Gradients of every example in PyTorch on one thread, by functorch's vmap of grad: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
import torch.nn.functional as F
from functorch import grad, vmap
from support.timings import answer

torch.set_num_threads(1)
torch.manual_seed(1)


def nll(logits):
    return -torch.log_softmax(logits, -1)[..., :1].sum()


def perceptron(w, x):
    return nll(torch.relu(x @ w["w1"] + w["b1"]) @ w["w2"] + w["b2"])


def convolutional(w, x):
    first = F.max_pool2d(F.conv2d(x.reshape(-1, 1, 16, 16), w["k1"], padding=1).relu(), 2)
    second = F.max_pool2d(F.conv2d(first, w["k2"], padding=1).relu(), 2)
    return nll(second.flatten(1) @ w["w"])


def cases(name, loss, shapes, x):
    weights = {key: torch.randn(shape) * 0.1 for key, shape in shapes.items()}
    one, every = grad(loss), vmap(grad(loss), in_dims=(None, 0))
    return {f"{name}-sum": lambda: one(weights, x), f"{name}-every": lambda: every(weights, x)}


answer(
    {
        **cases("perceptron", perceptron, {"w1": (64, 128), "b1": (128,), "w2": (128, 10), "b2": (10,)}, torch.randn(64, 64)),
        **cases("convolutional", convolutional, {"k1": (8, 1, 3, 3), "k2": (16, 8, 3, 3), "w": (256, 10)}, torch.randn(32, 256)),
    }
)
