"""PyTorch's side of `npm run interop` and of the fixtures.

pytorch.py fixture NAME     writes test/fixtures/NAME.json: names and shapes of the state, and the output, with weights and inputs by the formula; of an output of more than 10,000 numbers
                            every 1,009th
pytorch.py save NAME DIR    makes the model and saves DIR/state.safetensors, DIR/state.pt, DIR/before.pt (a checkpoint in the format before 1.6), and DIR/output.safetensors for the inputs of
                            the formula
pytorch.py load NAME DIR    loads DIR/state.safetensors, or the files of its index, which must have all names and no others, and saves DIR/output.safetensors
"""

import importlib
import json
import sys
from pathlib import Path

import torch

import formula
import safetensors_format

torch.set_num_threads(1)
command, name, *rest = sys.argv[1:]
module = importlib.import_module(name)
torch.manual_seed(7)
model = module.model().eval()
inputs = module.inputs(formula.numbers, formula.integers)


def output():
    with torch.no_grad():
        return module.output(model, inputs).contiguous()


if command == "fixture":
    formula.fill(model)
    result = output()
    values = result.flatten()
    every = 1 if len(values) <= 10_000 else 1009
    text = {
        "state": [[key, list(value.shape)] for key, value in model.state_dict().items()],
        "output": {"shape": list(values[::every].shape if every > 1 else result.shape), "data": [float(f"{value:.9g}") for value in values[::every].tolist()]},
    }
    path = Path(__file__).parent / f"test/fixtures/{name}.json"
    path.write_text(json.dumps(text) + "\n")
else:
    folder = Path(rest[0])
    if command == "save":
        state = model.state_dict()
        safetensors_format.save(state, folder / "state.safetensors")
        torch.save(state, folder / "state.pt")
        torch.save({"model": state, "epoch": 1}, folder / "before.pt", _use_new_zipfile_serialization=False)
    else:
        model.load_state_dict(safetensors_format.load(folder / "state.safetensors"), strict=True)
    safetensors_format.save({"output": output()}, folder / "output.safetensors")
