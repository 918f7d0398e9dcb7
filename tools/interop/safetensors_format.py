"""Reads and writes safetensors files: a length, a JSON header of names, dtypes, shapes and ranges, the bytes."""

import json

import numpy as np
import torch

DTYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32, "U8": np.uint8, "BOOL": np.bool_}
NAMES = {np.dtype(dtype): name for name, dtype in DTYPES.items()}


def save(tensors, path):
    header, parts, end = {}, [], 0
    for name, tensor in tensors.items():
        array = np.ascontiguousarray(tensor.detach().numpy()).reshape(tuple(tensor.shape))
        data = array.tobytes()
        header[name] = {"dtype": NAMES[array.dtype], "shape": list(array.shape), "data_offsets": [end, end + len(data)]}
        parts.append(data)
        end += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(parts))


def load(path):
    """The tensors of a file, or of the files that the index beside it names."""
    index = path.with_name(path.name + ".index.json")
    if not index.exists():
        return load_file(path)
    content = json.loads(index.read_text())
    files = {name: load_file(path.with_name(name)) for name in set(content["weight_map"].values())}
    assert sum(tensor.nbytes for file in files.values() for tensor in map(torch.Tensor.numpy, file.values())) == content["metadata"]["total_size"]
    return {name: files[place][name] for name, place in content["weight_map"].items()}


def load_file(path):
    with open(path, "rb") as file:
        data = file.read()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = data[8 + length :]
    return {
        name: torch.from_numpy(np.frombuffer(body[start:end], dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"]).copy())
        for name, entry in header.items()
        for start, end in [entry["data_offsets"]]
    }
