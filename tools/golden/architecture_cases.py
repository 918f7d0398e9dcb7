"""Cases of architectures against PyTorch's, in one form for all families; packages/architectures/test/support/goldens.ts reads them.

Weights and inputs are those of the formula of tools/interop, so that a case holds names, outputs and, of every gradient, two numbers. PyTorch computes in float64.
"""

import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "interop"))
import formula  # noqa: E402

torch.set_num_threads(1)


def numbers(name, *shape):
    """An input in -1 ... 1."""
    return {"name": name, "shape": list(shape)}


def shares(name, *shape):
    """An input in 0 ... 1."""
    return {"name": name, "shape": list(shape), "isShare": True}


def integers(name, below, *shape):
    """An input of whole numbers, from 0 to below `below`."""
    return {"name": name, "shape": list(shape), "below": below}


def made(given):
    if "isShare" in given:
        return (formula.numbers(given["name"], *given["shape"]).double() + 1) / 2
    if "below" in given:
        return formula.integers(given["name"], given["below"], *given["shape"])
    return formula.numbers(given["name"], *given["shape"]).double()


def short(value):
    return float(f"{value:.9g}")


def store(tensor):
    return {"shape": list(tensor.shape), "data": [short(value) for value in tensor.detach().flatten().tolist()]}


def outputs_of(result):
    return {"output": result} if isinstance(result, torch.Tensor) else result


def product(tensor, name):
    return (tensor * formula.numbers(name, *tensor.shape).double()).sum()


def case(name, config, module, *inputs, call=None, method=None):
    """`config` is the JSON of our class, `module` PyTorch's program of the same network, without dropout; `call(module, *inputs)` returns a tensor, or a dict of them by name. `method` is ours
    in the place of `forward`."""
    call = call or (lambda module, *given: module(*given))
    formula.fill(module)
    module = module.double()
    state = [[key, list(value.shape)] for key, value in module.state_dict().items()]
    given = [made(each) for each in inputs]
    with torch.no_grad():
        outputs = {key: store(value) for key, value in outputs_of(call(module.eval(), *given)).items()}
    result = outputs_of(call(module.train(), *given))
    loss = sum(product(value, f"cotangent of {key}") for key, value in result.items() if value.is_floating_point())
    loss.backward()
    gradients = {}
    for key, value in module.named_parameters():
        gradient = torch.zeros_like(value) if value.grad is None else value.grad
        gradients[key] = [short(gradient.norm().item()), short(product(gradient, f"direction of {key}").item())]
    return {
        "name": name,
        "config": config,
        **({} if method is None else {"method": method}),
        "inputs": list(inputs),
        "state": state,
        "outputs": outputs,
        "loss": short(loss.item()),
        "gradients": gradients,
    }


def names(file, modules):
    """All names of the state of each module, in order, with their shapes: "conv1.weight 64x3x7x7"."""
    lists = {
        name: [f"{key} {'x'.join(map(str, value.shape))}".strip() for key, value in module.state_dict().items()]
        for name, module in modules.items()
    }
    path = Path(__file__).parents[2] / f"packages/architectures/test/golden/{file}.json"
    path.write_text(json.dumps(lists) + "\n")
    print(f"{path.name}: {path.stat().st_size // 1000} kB")


def write(family, cases):
    path = Path(__file__).parents[2] / f"packages/architectures/test/golden/{family}.json"
    text = ",\n".join(json.dumps(each, separators=(",", ":")) for each in cases)
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"[\n{text}\n]\n")
    print(f"{path.name}: {len(cases)} cases, {path.stat().st_size // 1000} kB")
