"""Writes tools/layers/test/golden/pytorch-names.json: what torch.nn, its functions and torch.optim offer.

Run: python3 tools/golden/names.py (PyTorch 1.13 or later)
"""

import json
from importlib import import_module
from pathlib import Path

MODULES = [
    "torch.nn",
    "torch.nn.functional",
    "torch.nn.init",
    "torch.nn.utils",
    "torch.nn.utils.parametrize",
    "torch.nn.utils.prune",
    "torch.nn.utils.rnn",
    "torch.nn.utils.stateless",
    "torch.optim",
    "torch.optim.lr_scheduler",
    "torch.optim.swa_utils",
]
# Types for annotations, functions of Python's library, and what PyTorch's sources share.
INNER = {
    "assert_int_or_pair", "bind", "boolean_dispatch", "factory_kwargs", "handle_torch_function",
    "has_torch_function", "has_torch_function_unary", "has_torch_function_variadic", "native_channel_shuffle",
    "DType", "Tensor", "invert_permutation", "PackedSequence_",
}


def offered(module):
    """The public classes and functions of PyTorch's that a module has."""
    for name in dir(module):
        value = getattr(module, name)
        origin = getattr(value, "__module__", None) or "torch"
        if callable(value) and not name.startswith("_") and name not in INNER and origin.startswith("torch"):
            yield name


seen = set()
names = {}
for path in MODULES:
    own = [name for name in offered(import_module(path)) if name not in seen]
    seen.update(own)
    names[path] = own
file = Path(__file__).parents[1] / "layers/test/golden/pytorch-names.json"
file.parent.mkdir(parents=True, exist_ok=True)
file.write_text(json.dumps(names, indent=1) + "\n")
print(file, sum(map(len, names.values())), "names")
