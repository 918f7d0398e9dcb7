"""Writes packages/layers/test/golden/pytorch-files.json: files of torch.save in both formats, in base64, and what is in them; and pytorch-refused.json: files
with more than tensors and plain data in them, some of which would run a program where Python loads them; those named 'beside' have a model in them, too.

Run: python3 tools/golden/pytorch_files.py (PyTorch 1.13 or later)
"""

import argparse
import base64
import functools
import io
import json
import math
import os
import pickle
import subprocess
import tarfile
import zipfile
from collections import Counter, OrderedDict, defaultdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

torch.manual_seed(3)


def number(value):
    value = float(value)
    return value if math.isfinite(value) else "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def described(value):
    """Tensors with shape, dtype and elements; dicts as pairs in their order; integers beyond 2^53 as text; sets in the order of their elements."""
    if isinstance(value, torch.Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        flat = value.detach().contiguous().flatten()
        return {"tensor": list(value.shape), "dtype": dtype, "data": [number(v) for v in flat.tolist()]}
    if isinstance(value, dict):
        return {"dict": [[key, described(item)] for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        return {"list": [described(item) for item in value]}
    if isinstance(value, (set, frozenset)):
        return {"set": [described(item) for item in sorted(value)]}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": list(value)}
    if isinstance(value, np.generic):
        return described(value.item())
    if isinstance(value, complex):
        return {"complex": [number(value.real), number(value.imag)]}
    if isinstance(value, (torch.device, torch.dtype)):
        return {"plain": str(value)}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return {"integer": str(value)}
    if isinstance(value, float):
        return {"number": number(value)}
    return {"plain": value}


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def deflated(data):
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return file.getvalue()


def streamed(data):
    """Written to what cannot be sought in: sizes in data descriptors behind the entries."""

    class Stream(io.RawIOBase):
        def __init__(self):
            self.parts = []

        def writable(self):
            return True

        def write(self, part):
            self.parts.append(bytes(part))
            return len(part)

    stream = Stream()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return b"".join(stream.parts)


def big_endian(tensor, value):
    """What a machine of the other order of bytes would save: `value` has one storage, that of `tensor`."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(value))) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            swapped = tensor.numpy().byteswap().tobytes() if name.endswith("data/0") else old.read(name)
            new.writestr(name, swapped)
        new.writestr(old.namelist()[0].split("/")[0] + "/byteorder", "big")
    return file.getvalue()


model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))
for value in model.state_dict().values():
    value.copy_((torch.arange(value.numel()).reshape(value.shape) - 3) / 8 if value.is_floating_point() else torch.tensor(5))

numbers = torch.tensor([0.0, -0.0, 1, -2.5, 65504, 6e-8, float("inf"), float("nan")], dtype=torch.float64)
integers = torch.tensor([0, 1, -1, 100, -128], dtype=torch.int64)
dtypes = {
    "float64": numbers,
    "float32": numbers.float(),
    "float16": numbers.half(),
    "bfloat16": numbers.bfloat16(),
    "int64": integers,
    "int32": integers.int(),
    "int16": integers.short(),
    "int8": integers.char(),
    "uint8": torch.tensor([0, 1, 255], dtype=torch.uint8),
    "bool": torch.tensor([True, False]),
}

base = torch.arange(24.0).reshape(2, 3, 4)
views = {
    "whole": base,
    "transposed": base.transpose(0, 2),
    "row": base[1, 2],
    "column": base[:, 1, 3],
    "steps": base[:, ::2, 1::2],
    "repeated": base[0, 0].expand(3, 4),
    "number repeated": torch.tensor(2.5).expand(2, 2),
    "windows": torch.arange(6).as_strided((2, 3), (1, 1)),
    "element": base[1, 1, 1],
    "scalar": torch.tensor(-7, dtype=torch.int64),
    "empty": torch.zeros(0, 3),
    "empty slice": base[:, 3:],
    "flags": torch.tensor([[True, False], [False, False]]).T,
}
tied = OrderedDict([("embedding.weight", base[0]), ("head.weight", base[0]), ("head.bias", torch.ones(3))])

trained = nn.Linear(2, 1)
optimizer = torch.optim.Adam(trained.parameters(), lr=0.125, amsgrad=True)
trained(torch.ones(1, 2)).sum().backward()
optimizer.step()
checkpoint = {"model": trained.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "best": 0.1, "name": "größe 😀", "none": None, "done": False, "history": [1.5, (2, -3)], "seed": 2**63 + 1, "size": torch.Size([2, 1]), 7: "seven", "infinite": float("-inf")}  # prettier-ignore
parameters = {"a": nn.Parameter(torch.tensor([1.0, 2])), "frozen": nn.Parameter(torch.tensor([3]), requires_grad=False)}

steps = torch.optim.lr_scheduler.MultiStepLR(torch.optim.SGD(trained.parameters(), lr=0.5), [2, 3, 3])
per_class = defaultdict(int, {"cat": 2, 7: 1})
plain = {
    "scheduler": steps.state_dict(), "counts": Counter("abca"), "per class": per_class, "lists": defaultdict(list, {"a": [1, (2,)]}), "nothing made": defaultdict(None),
    "set": {3, 1, 2**40}, "frozen": frozenset(["b", "a"]), "no set": set(), "bytes": b"\x00\x7f\x80\xff", "no bytes": b"", "array": bytearray(b"caf\xe9"),
    "complex": 1.5 - 2j, "cpu": torch.device("cpu"), "cuda": torch.device("cuda", 1), "dtype": torch.float32, "complex dtype": torch.complex64,
    "numbers": [np.float64(0.1), np.float32(0.5), np.float16(-1.5), np.int64(-7), np.int64(2**62 + 1), np.uint64(2**63 + 1), np.int8(-1), np.uint16(65535), np.bool_(True), np.complex128(1 + 2j)],
    "big-endian": np.array([258, 1.5], dtype=">f8")[0], "integers": [2**31, -(2**40), 2**53 + 1, -(2**70)],
}  # prettier-ignore


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(1, 1)


def cycle():
    optimizer = torch.optim.SGD(trained.parameters(), lr=0.5)
    return torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=4)


# A model beside what is no data: only what is asked for has to be read.
beside = {
    "before": torch.tensor([1j, 2]), "model": trained.state_dict(), "one cycle": cycle().state_dict(), "arguments": argparse.Namespace(lr=0.1, layers=[1, 2]), "net": nn.Linear(2, 1),
    "quantised": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), "sparse": torch.eye(2).to_sparse(), "array": np.arange(3.0), "tuples": {(1, 2): 3}, "path": Path("a/b"),
    "large": torch.tensor([1, 2**31]), "function": torch.relu, "class": nn.Linear, "made": defaultdict(Net), "generator": [np.random.RandomState(1).get_state()], "epoch": 4,
}  # prettier-ignore

files = []


def add(name, value, data):
    files.append({"name": name, "file": base64.b64encode(data).decode(), "value": described(value)})


for form, options in (("zip", {}), ("legacy", {"_use_new_zipfile_serialization": False})):
    add(f"state dict, {form}", model.state_dict(), saved(model.state_dict(), **options))
    add(f"dtypes, {form}", dtypes, saved(dtypes, **options))
    add(f"views, {form}", views, saved(views, **options))
    add(f"tied, {form}", tied, saved(tied, **options))
    add(f"checkpoint, {form}", checkpoint, saved(checkpoint, **options))
    add(f"parameters, {form}", parameters, saved(parameters, **options))
    add(f"one tensor, {form}", base, saved(base, **options))
    add(f"nothing, {form}", {}, saved({}, **options))
    for protocol in (1, 3, 4, 5):
        add(f"protocol {protocol}, {form}", checkpoint, saved(checkpoint, pickle_protocol=protocol, **options))
    for protocol in (1, 2, 3, 4, 5):
        add(f"plain data {protocol}, {form}", plain, saved(plain, pickle_protocol=protocol, **options))
add("deflated", views, deflated(saved(views)))
add("data descriptors", tied, streamed(saved(tied)))
add("big-endian", {"x": numbers[:7]}, big_endian(numbers[:7].clone(), {"x": numbers[:7].clone()}))



class Runs:
    """Pickled, a call that Python makes when it loads the file."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


def scripted():
    file = io.BytesIO()
    torch.jit.save(torch.jit.script(nn.Linear(1, 1)), file)
    return file.getvalue()


def tar():
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    return file.getvalue()[:4096]


refused = {
    "os.system, zip": saved({"w": base, "x": Runs(os.system, ("touch hacked",))}),
    "os.system, legacy": saved({"w": base, "x": Runs(os.system, ("touch hacked",))}, _use_new_zipfile_serialization=False),
    "os.system, protocol 4": saved(Runs(os.system, ("touch hacked",)), pickle_protocol=4),
    "eval": saved([Runs(eval, ("__import__('os').system('touch hacked')",))]),
    "subprocess": saved(Runs(subprocess.Popen, (["touch", "hacked"],))),
    "os.system as a key": saved({Runs(os.system, ("touch hacked",)): 1}),
    "pickle.loads": saved(Runs(pickle.loads, ("x",))),
    "functools.partial": saved(functools.partial(os.system, "touch hacked")),
    "an instance": saved(argparse.Namespace(lr=0.1)),
    "a whole module, zip": saved(nn.Linear(1, 1)),
    "a whole module, legacy": saved(nn.Linear(1, 1), _use_new_zipfile_serialization=False),
    "TorchScript": scripted(),
    "a complex tensor": saved(torch.tensor([1j])),
    "a quantised tensor": saved(torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)),
    "a sparse tensor": saved(torch.eye(2).to_sparse()),
    "a storage": saved(torch.ones(2).storage()),
    "pickle.dump": pickle.dumps({"a": 1}, protocol=2),
    "pickle.dump of a call": pickle.dumps(Runs(os.system, ("touch hacked",)), protocol=0),
    "tar": tar(),
    "too large for int32": saved({"ids": torch.tensor([1, 2**31])}),
    "too large for float32": saved({"model": {"scale": torch.tensor([1.0, 1e300], dtype=torch.float64)}}),
    "tuples as keys": saved({(1, 2): 3}),
    "a defaultdict of a class": saved(defaultdict(Net)),
    "an array of NumPy": saved({"x": np.arange(3.0)}),
    "a date of NumPy": saved(np.datetime64("2024-01-01")),
    "a function in a list": saved([1, {"f": torch.relu}]),
    "a class in a set": saved({nn.Linear}, pickle_protocol=4),
}
for form, options in (("zip", {}), ("legacy", {"_use_new_zipfile_serialization": False})):
    for protocol in (1, 2, 4):
        refused[f"beside {protocol}, {form}"] = saved(beside, pickle_protocol=protocol, **options)

path = Path(__file__).parents[2] / "packages/layers/test/golden/pytorch-files.json"
path.write_text("[\n" + ",\n".join(json.dumps(file, ensure_ascii=False) for file in files) + "\n]\n")
print(path.stat().st_size, "bytes")
path = path.with_name("pytorch-refused.json")
path.write_text("{\n" + ",\n".join(f'"{name}": "{base64.b64encode(data).decode()}"' for name, data in refused.items()) + "\n}\n")
print(path.stat().st_size, "bytes")
