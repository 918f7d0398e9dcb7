"""PyTorch's side of an example: reads what Hebb wrote, and answers a line for each line, in JSON.

A program defines a class with `model` (or several modules, named as in Hebb, in `modules`), `optimizer`, `loss` and `metric`, and calls `run` with it.
"""
import json
import resource
import struct
import sys
import time

import numpy as np
import torch
from torch import nn

torch.set_num_threads(1)


def read_safetensors(path):
    """Tensors by name: a length, a table in JSON, the numbers."""
    types = {"F32": np.float32, "I32": np.int32}
    tensors = {}
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        for name, entry in json.loads(file.read(length)).items():
            if name == "__metadata__":
                continue
            begin, end = entry["data_offsets"]
            file.seek(8 + length + begin)
            array = np.fromfile(file, types[entry["dtype"]], (end - begin) // 4)
            tensors[name] = torch.from_numpy(array.reshape(entry["shape"]))
    return tensors


def converted(tensor):
    return tensor.long() if tensor.dtype == torch.int32 else tensor.to(torch.get_default_dtype())


def below(tensors, prefix):
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


class Program:
    """One network under training. A program overrides what it needs; its __init__ is given settings and arrays."""

    @property
    def modules(self):
        return {"model": self.model}

    @property
    def optimizers(self):
        return [self.optimizer]

    clip_norm = None

    def loss(self, batch):
        return nn.functional.cross_entropy(self.model(batch["x"]), batch["y"])

    def step(self, batch):
        """One step; its loss, or several numbers."""
        loss = self.loss(batch)
        self.optimizer.zero_grad()
        loss.backward()
        if self.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip_norm)
        self.optimizer.step()
        return loss.item()

    def metric(self, arrays):
        return accuracy(self.model, arrays)


def accuracy(model, arrays):
    """Of the examples x, the share whose largest logit is that of y."""
    return (model(arrays["x"]).argmax(1) == arrays["y"]).float().mean().item()


def without_chance(module):
    """Evaluation mode, in which nothing is dropped; but batches are normalised by themselves."""
    module.eval()
    for each in module.modules():
        if isinstance(each, nn.modules.batchnorm._BatchNorm):
            each.train()


def run(make):
    folder, is_curve = sys.argv[1], sys.argv[2] != "train"
    if sys.argv[2] == "exact":
        torch.set_default_dtype(torch.float64)
    with open(folder + "/settings.json") as file:
        settings = json.load(file)
    tensors = {name: converted(tensor) for name, tensor in read_safetensors(folder + "/pair.safetensors").items()}
    arrays, examples, orders = (below(tensors, name) for name in ("array.", "example.", "order."))
    whole = {}
    for name, tensor in below(tensors, "batch.").items():
        step, field = name.split(".", 1)
        whole.setdefault(int(step), {})[field] = tensor
    program = make(settings["settings"], arrays)
    for part, module in program.modules.items():
        module.load_state_dict(below(tensors, "weight." + part + "."))
        without_chance(module) if is_curve else module.train()
    del tensors

    factors = settings["factors"]
    first = [[group["lr"] for group in optimizer.param_groups] for optimizer in program.optimizers]
    at = 0

    def batch_of(step):
        if whole:
            return whole[step]
        rows = orders[str(step)]
        return {name: tensor[rows] for name, tensor in examples.items()}

    def memory():
        """The most memory of this process since it was reset, MiB; since its start, where the system is none of Linux."""
        try:
            with open("/proc/self/status") as file:
                return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
        except OSError:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def say(answer):
        print(json.dumps(answer), flush=True)

    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass
    say({"version": torch.__version__, "memory": memory()})
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "steps":
            losses, wall, processor = [], time.perf_counter(), time.process_time()
            for _ in range(int(rest[0])):
                if factors is not None:
                    for optimizer, rates in zip(program.optimizers, first):
                        for group, rate in zip(optimizer.param_groups, rates):
                            group["lr"] = rate * factors[at]
                found = program.step(batch_of(at))
                losses += found if isinstance(found, list) else [found]
                at += 1
            say({"losses": losses, "wall": time.perf_counter() - wall, "processor": time.process_time() - processor, "memory": memory()})
        elif word == "metric":
            for module in program.modules.values():
                module.eval()
            with torch.no_grad():
                say({"metric": program.metric(arrays)})
