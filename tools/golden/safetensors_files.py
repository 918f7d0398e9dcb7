"""Writes packages/layers/test/golden/*.safetensors with Hugging Face's `safetensors`: our writer must give the same bytes, our reader the same values.

Run: python3 tools/golden/safetensors_files.py (safetensors 0.4 or later, PyTorch 1.13 or later)
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

folder = Path(__file__).parents[2] / "packages/layers/test/golden"

# What Hebb writes: F32, I32 and BOOL.
save_file(
    {
        "b": torch.tensor([1.5, -2]),
        "a": torch.tensor([[1, 2]], dtype=torch.int32),
        "0.flag": torch.tensor([True, False, True]),
        "2": torch.zeros(0, 3),
        "c": torch.tensor(7.0),
        "é \"quoted\"": torch.tensor([0.1]),
    },
    folder / "written.safetensors",
    metadata={"note": 'a "b"'},
)

# What PyTorch saves: a state_dict with int64 counters.
torch.manual_seed(3)
model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))
for value in model.state_dict().values():
    value.copy_((torch.arange(value.numel()).reshape(value.shape) - 3) / 8 if value.is_floating_point() else torch.tensor(5))
save_file(model.state_dict(), folder / "state-dict.safetensors")

# Other dtypes.
numbers = torch.tensor([0.0, -0.0, 1, -2.5, 65504, 6e-8, float("inf"), float("nan")], dtype=torch.float64)
integers = torch.tensor([0, 1, -1, 100, -128], dtype=torch.int64)
save_file(
    {
        "F64": numbers,
        "F32": numbers.float(),
        "F16": numbers.half(),
        "BF16": numbers.bfloat16(),
        "I64": integers,
        "I32": integers.int(),
        "I16": integers.short(),
        "I8": integers.char(),
        "U8": torch.tensor([0, 1, 255], dtype=torch.uint8),
        "BOOL": torch.tensor([True, False]),
    },
    folder / "dtypes.safetensors",
)
