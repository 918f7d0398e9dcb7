"""Recurrent layers of PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
from support.timings import answer

torch.set_num_threads(1)
torch.manual_seed(1)
steps, batch, features, width = 64, 32, 64, 128
xs = torch.randn(steps, batch, features, requires_grad=True)
cotangent = torch.randn(steps, batch, width)


def layers(kind):
    module = kind(features, width, num_layers=2)
    forward = lambda: module(xs.detach())[0].detach()
    leaves = [xs, *module.parameters()]
    gradient = lambda: torch.autograd.grad(module(xs)[0], leaves, cotangent)
    return forward, gradient


known = {}
for name, kind in [("lstm", torch.nn.LSTM), ("gru", torch.nn.GRU), ("rnn", torch.nn.RNN)]:
    known[name], known[f"{name}-gradient"] = layers(kind)
answer(known)
