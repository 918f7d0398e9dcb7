"""GPT-2 in its real shape, 124 million parameters, with random weights: logits of a text and of what it goes on with, the likeliest token eight times."""

import torch
from torch import nn

from gpt2 import GPT2


def model():
    made = GPT2(words=50257, positions=1024, width=768, heads=12, layers=12)
    for value in made.parameters():
        if value.dim() > 1:
            nn.init.normal_(value, std=0.02)
    return made


def inputs(numbers, integers):
    return [integers("ids", 50257, 1, 24)]


def output(model, inputs):
    (ids,) = inputs
    for _ in range(8):
        ids = torch.cat([ids, model(ids)[:, -1:].argmax(-1)], 1)
    return model(ids)
