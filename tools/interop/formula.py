"""Weights and inputs by a formula of their name and the positions of their elements; src/formula.ts is the same.

A hash of name and position gives u in [-1, 1). Running variances are 1 + u/2; other tensors of one axis u/8, around 1 where they are called weight; those of more axes √(3 / fan-in) · u,
fan-in being the elements for each element of the first axis.
"""

import numpy as np
import torch


def words(name, count):
    """Murmur3's finaliser over the position, begun from a hash (FNV-1a) of the name."""
    seed = 2166136261
    for byte in name.encode():
        seed = ((seed ^ byte) * 16777619) & 0xFFFFFFFF
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) * np.uint32(2654435769) + np.uint32(seed)
        h ^= h >> np.uint32(16)
        h *= np.uint32(0x85EBCA6B)
        h ^= h >> np.uint32(13)
        h *= np.uint32(0xC2B2AE35)
        h ^= h >> np.uint32(16)
    return h


def units(name, shape):
    count = int(np.prod(shape, dtype=np.int64))
    return (words(name, count).astype(np.float64) / 2**31 - 1).reshape(shape)


def numbers(name, *shape):
    return torch.from_numpy(units(name, shape).astype(np.float32))


def integers(name, below, *shape):
    count = int(np.prod(shape, dtype=np.int64))
    return torch.from_numpy((words(name, count) % np.uint32(below)).astype(np.int64).reshape(shape))


def weights(name, shape):
    u = units(name, shape)
    if name.endswith("running_var"):
        values = 1 + u / 2
    elif len(shape) >= 2:
        values = u * np.sqrt(3 / np.prod(shape[1:]))
    else:
        values = u / 8 + (1 if name.endswith("weight") else 0)
    return torch.from_numpy(np.asarray(values, dtype=np.float32))


def fill(model):
    """Gives all floating parameters and buffers the values of the formula."""
    state = model.state_dict()
    seen = {}
    for name, value in state.items():
        # What is tied has the first of its names.
        if value.is_floating_point():
            value.copy_(weights(seen.setdefault(value.data_ptr(), name), tuple(value.shape)))
    return model
