"""Writes packages/layers/test/golden/recurrent.json: outputs, last states and all gradients of PyTorch's recurrent layers and cells.

Weights and inputs are multiples of 1/64, so that they are exact in float32; PyTorch computes in float64. Lengths are packed sequences.
Run: python3 tools/golden/layers_recurrent.py (PyTorch 1.13 or later)
"""

import json
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

torch.manual_seed(11)
torch.set_num_threads(1)
LENGTH, BATCH, INPUT, HIDDEN = 4, 3, 2, 3


def exact(*shape):
    return (torch.randn(*shape, dtype=torch.float64) * 32).round() / 64


def store(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{value:.8g}") for value in tensor.detach().flatten().tolist()]}


def prepared(module):
    module = module.double()
    for value in module.parameters():
        value.data = exact(*value.shape)
    return module


def parts(state):
    """A state as a list: h, and c where there is one."""
    return list(state) if isinstance(state, tuple) else [state]


def finish(config, module, x, lengths, initial, results):
    """`results`: output, then parts of the state."""
    cotangents = [exact(*result.shape) for result in results]
    torch.autograd.backward(results, cotangents)
    names = ["hidden", "cell"]
    return {
        "config": config,
        "state": {name: store(value) for name, value in module.state_dict().items()},
        "input": store(x),
        "lengths": lengths,
        "initial": None if initial is None else [store(part) for part in initial],
        "results": [store(result) for result in results],
        "cotangents": [store(cotangent) for cotangent in cotangents],
        "gradients": {
            **{name: store(value.grad) for name, value in module.named_parameters()},
            "input": store(x.grad),
            **({} if initial is None else {f"initial {names[i]}": store(part.grad) for i, part in enumerate(initial)}),
        },
    }


TYPES = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}
NAMES = {"num_layers": "numLayers", "batch_first": "batchFirst", "proj_size": "projectionSize"}


def layer(kind, *, initial=False, lengths=None, batched=True, **options):
    config = {"type": kind, "inputSize": INPUT, "hiddenSize": HIDDEN, **{NAMES.get(key, key): value for key, value in options.items()}}
    module = prepared(TYPES[kind](INPUT, HIDDEN, **options))
    count = module.num_layers * (2 if module.bidirectional else 1)
    shape = [LENGTH, BATCH, INPUT] if batched else [LENGTH, INPUT]
    x = exact(*([BATCH, LENGTH, INPUT] if batched and module.batch_first else shape)).requires_grad_(True)
    state = None
    if initial:
        sizes = [module.proj_size or HIDDEN, HIDDEN] if kind == "LSTM" else [HIDDEN]
        state = [exact(*([count, BATCH, size] if batched else [count, size])).requires_grad_(True) for size in sizes]
    given = None if state is None else tuple(state) if kind == "LSTM" else state[0]
    if lengths is None:
        output, last = module(x, given)
    else:
        packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=module.batch_first, enforce_sorted=False)
        output, last = module(packed, given)
        output, _ = pad_packed_sequence(output, batch_first=module.batch_first, total_length=LENGTH)
    return finish(config, module, x, lengths, state, [output, *parts(last)])


CELLS = {"RNNCell": nn.RNNCell, "LSTMCell": nn.LSTMCell, "GRUCell": nn.GRUCell}


def cell(kind, *, initial=True, batched=True, **options):
    config = {"type": kind, "inputSize": INPUT, "hiddenSize": HIDDEN, **options}
    module = prepared(CELLS[kind](INPUT, HIDDEN, **options))
    lead = [BATCH] if batched else []
    x = exact(*lead, INPUT).requires_grad_(True)
    state = [exact(*lead, HIDDEN).requires_grad_(True) for _ in range(2 if kind == "LSTMCell" else 1)] if initial else None
    given = None if state is None else tuple(state) if kind == "LSTMCell" else state[0]
    return finish(config, module, x, None, state, parts(module(x, given)))


RAGGED = [2, 4, 1]
CASES = [
    *(case for kind in TYPES for case in (
        layer(kind),
        layer(kind, initial=True, lengths=RAGGED, batch_first=True),
        layer(kind, num_layers=2, bidirectional=True, initial=True, lengths=RAGGED),
        layer(kind, bidirectional=True, bias=False, batched=False, initial=True),
    )),
    layer("RNN", nonlinearity="relu", initial=True, lengths=RAGGED),
    layer("LSTM", proj_size=2, initial=True),
    layer("LSTM", proj_size=2, num_layers=2, bidirectional=True, bias=False, batch_first=True, lengths=RAGGED),
    layer("GRU", num_layers=3, batched=False),
    *(case for kind in CELLS for case in (cell(kind), cell(kind, initial=False, batched=False, bias=False))),
    cell("RNNCell", nonlinearity="relu"),
]


def names(module):
    return [[name, list(value.shape)] for name, value in module.state_dict().items()]


NAMED = {
    "LSTM": names(nn.LSTM(INPUT, HIDDEN, 2, bidirectional=True, proj_size=2)),
    "GRU": names(nn.GRU(INPUT, HIDDEN, 2, bidirectional=True)),
    "RNN": names(nn.RNN(INPUT, HIDDEN, 2, bias=False)),
}
path = Path(__file__).parents[2] / "packages/layers/test/golden/recurrent.json"
path.write_text(json.dumps({"cases": CASES, "names": NAMED}) + "\n")
