"""Cases of layers against PyTorch's, in one form for all families: what goes in, what comes out, and all gradients.

Weights and inputs are multiples of 1/64, so that they are exact in float32; PyTorch computes in float64. The tests that read them share
packages/layers/test/support/calls.ts.
"""

import json
from pathlib import Path

import torch

torch.manual_seed(7)
torch.set_num_threads(1)


def exact(*shape):
    return (torch.randn(shape, dtype=torch.float64) * 64).round() / 64


def distinct(*shape):
    """Numbers that differ, so that a maximum is one element."""
    count = int(torch.tensor(shape).prod())
    return ((torch.randperm(count).to(torch.float64) - count // 2) / 16).reshape(shape)


def store(tensor):
    tensor = tensor.detach()
    kinds = {torch.int64: {"dtype": "int32"}, torch.bool: {"dtype": "bool"}}
    values = tensor.flatten().tolist()
    if tensor.is_floating_point():
        values = [float(f"{value:.9g}") for value in values]
        values = [int(value) if value == int(value) else value for value in values]
    return {"shape": list(tensor.shape), "data": values, **kinds.get(tensor.dtype, {})}


def tensors_of(value, name="output"):
    """What a module returns, by the names that we give it."""
    if isinstance(value, torch.Tensor):
        return {name: value}
    return {key: part for key, part in value.items()}


def fresh(x):
    """What a call is given: floating tensors with gradients."""
    if isinstance(x, tuple):
        return tuple(fresh(part) for part in x)
    return x.clone().requires_grad_(x.is_floating_point()) if isinstance(x, torch.Tensor) else x


def stored(x):
    if isinstance(x, tuple):
        return [stored(part) for part in x]
    return store(x) if isinstance(x, torch.Tensor) else x


def case(config, module, *inputs, training=True, names=None, steps=1, keep=False):
    """
    One call of a module: `inputs` are tensors (floating ones get gradients), tuples of them, lists of numbers, or None. `names` are those of several outputs; `keep` leaves the
    parameters as they are. With `steps` the call is made several times, and what is stored is the last.
    """
    module = module.double()
    if not keep:
        for value in module.parameters():
            value.data = exact(*value.shape)
    state = {name: store(value) for name, value in module.state_dict().items()}
    module.train(training)
    for step in range(steps):
        module.zero_grad()
        given = [fresh(x) for x in inputs]
        result = module(*given)
        outputs = tensors_of(dict(zip(names, result)) if names else result)
        floating = [name for name, value in outputs.items() if value.requires_grad]
        cotangents = {name: exact(*outputs[name].shape) for name in floating}
        torch.autograd.backward([outputs[name] for name in floating], [cotangents[name] for name in floating])
    gradients = {name: store(value.grad) for name, value in module.named_parameters() if value.requires_grad}
    for i, x in enumerate(given):
        parts = {f"input{i}.{j}": part for j, part in enumerate(x)} if isinstance(x, tuple) else {f"input{i}": x}
        for name, part in parts.items():
            if isinstance(part, torch.Tensor) and part.requires_grad:
                gradients[name] = store(part.grad)
    after = {name: store(value) for name, value in module.state_dict().items()}
    return {
        "config": config,
        "training": training,
        **({"steps": steps} if steps > 1 else {}),
        "state": state,
        "inputs": [stored(x) for x in inputs],
        "outputs": {name: store(value) for name, value in outputs.items()},
        "cotangents": {name: store(value) for name, value in cotangents.items()},
        "gradients": gradients,
        "stateAfter": {name: value for name, value in after.items() if value != state[name]},
    }


def write(family, cases):
    path = Path(__file__).parents[2] / f"packages/layers/test/golden/{family}.json"
    text = ",\n".join(json.dumps(each, separators=(",", ":")) for each in cases)
    path.write_text(f"[\n{text}\n]\n")
    print(f"{path.name}: {len(cases)} cases, {path.stat().st_size // 1000} kB")
