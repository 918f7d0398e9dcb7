"""Writes packages/layers/test/golden/attention.json: attention, transformers and positions, by PyTorch's modules or, where it has none, by their formulas.

Run: python3 tools/golden/layers_attention.py (PyTorch 1.13 or later)
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from layer_cases import store, write

torch.manual_seed(9)
torch.set_default_dtype(torch.float64)
CASES = []


def exact(*shape, scale=1.0):
    return (torch.randn(*shape) * 16 * scale).round() / 16


def case(config, inputs, call, parameters, training=True):
    """
    `inputs` are tensors, dicts of options, or None; `call(inputs)` gives a tensor or a dict of tensors. Floating tensors and `parameters`, which are named, get gradients.
    """
    for value in parameters.values():
        value.data = exact(*value.shape, scale=0.5)
        value.requires_grad_(True)
    floating = lambda x: isinstance(x, torch.Tensor) and x.is_floating_point()
    leaf = lambda x: x.clone().requires_grad_(True) if floating(x) else x
    given = [{key: leaf(x) for key, x in x.items()} if isinstance(x, dict) else leaf(x) for x in inputs]
    result = call(given)
    outputs = result if isinstance(result, dict) else {"output": result}
    cotangents = {name: exact(*y.shape) for name, y in outputs.items()}
    sum((outputs[name] * cotangents[name]).sum() for name in outputs).backward()
    leaves = dict(parameters)
    for i, x in enumerate(given):
        leaves.update({f"input{i}.{key}": part for key, part in x.items()} if isinstance(x, dict) else {f"input{i}": x})
    stored = lambda x: store(x) if isinstance(x, torch.Tensor) else {key: stored(part) for key, part in x.items()} if isinstance(x, dict) else x
    CASES.append({
        "config": config,
        "training": training,
        "state": {name: store(value) for name, value in parameters.items()},
        "inputs": [stored(x) for x in inputs],
        "outputs": {name: store(y) for name, y in outputs.items()},
        "cotangents": {name: store(c) for name, c in cotangents.items()},
        "gradients": {name: store(x.grad) for name, x in leaves.items() if floating(x) and x.grad is not None},
        "stateAfter": {},
    })


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


PADDING = torch.tensor([[False, False, False, True], [False, True, False, True]])
SEEN = torch.tensor([[False, True, False, False], [False, False, True, True], [True, False, False, False]])


def multihead(query, key, value, masks={}, weights=False, average=True, **options):
    """PyTorch's MultiheadAttention(4, 2)."""
    module = nn.MultiheadAttention(4, 2, **options)
    given = {"needWeights": weights, "averageWeights": average, **{camel(name): mask for name, mask in masks.items()}}

    def call(inputs):
        q, k, v, asked = inputs
        k = q if k is None else k
        v = k if v is None else v
        output, seen = module(q, k, v, key_padding_mask=asked.get("keyPaddingMask"), attn_mask=asked.get("attentionMask"), need_weights=weights, average_attn_weights=average)
        return {"output": output, "weights": seen} if weights else {"output": output}

    config = {"type": "MultiheadAttention", "embedDim": 4, "numHeads": 2, **{camel(name): v for name, v in options.items()}}
    case(config, [x and exact(*x) for x in (query, key, value)] + [given], call, dict(module.named_parameters()))


multihead((3, 2, 4), None, None)
multihead((3, 4), None, None, weights=True)
multihead((2, 3, 4), (2, 4, 4), None, batch_first=True, weights=True)
multihead((3, 2, 4), (4, 2, 4), (4, 2, 4), {"key_padding_mask": PADDING}, weights=True, average=False)
multihead((2, 3, 4), (2, 4, 3), (2, 4, 5), {"attention_mask": SEEN}, batch_first=True, kdim=3, vdim=5, weights=True)
multihead((2, 3, 4), (2, 4, 4), (2, 4, 4), {"attention_mask": exact(3, 4), "key_padding_mask": PADDING}, batch_first=True, bias=False)
multihead((2, 3, 4), (2, 4, 4), (2, 4, 4), {"attention_mask": exact(4, 3, 4)}, batch_first=True)
multihead((3, 2, 4), (4, 2, 4), (4, 2, 4), {"attention_mask": SEEN, "key_padding_mask": PADDING}, add_bias_kv=True, add_zero_attn=True, weights=True)
multihead((3, 2, 4), (4, 2, 4), (4, 2, 4), {"attention_mask": exact(3, 4)}, add_zero_attn=True)


def grouped(causal):
    """Grouped queries: six features in three heads over one head of keys and values, and four heads over two, by the formula."""
    for embed, heads, kv in ((6, 3, 1), (8, 4, 2)):
        d = embed // heads
        parameters = {"in_proj_weight": torch.zeros(embed + 2 * kv * d, embed), "in_proj_bias": torch.zeros(embed + 2 * kv * d), "out_proj.weight": torch.zeros(embed, embed), "out_proj.bias": torch.zeros(embed)}

        def call(inputs):
            q, k, v = (inputs[0] @ parameters["in_proj_weight"].T + parameters["in_proj_bias"]).split([embed, kv * d, kv * d], -1)
            split = lambda t, n: t.unflatten(-1, (n, d)).transpose(1, 2)
            q, k, v = split(q, heads), split(k, kv).repeat_interleave(heads // kv, 1), split(v, kv).repeat_interleave(heads // kv, 1)
            scores = q @ k.transpose(-2, -1) / math.sqrt(d)
            if causal:
                scores = scores.masked_fill(~torch.ones(scores.shape[-2:], dtype=torch.bool).tril(), -math.inf)
            weights = scores.softmax(-1)
            return {"output": (weights @ v).transpose(1, 2).flatten(2) @ parameters["out_proj.weight"].T + parameters["out_proj.bias"], "weights": weights.mean(1)}

        case({"type": "MultiheadAttention", "embedDim": embed, "numHeads": heads, "numKeyValueHeads": kv, "batchFirst": True}, [exact(2, 3, embed), None, None, {"isCausal": causal, "needWeights": True}], call, parameters)


grouped(False)
grouped(True)


def rotary(features, shape, base=10000.0, interleaved=True, offset=0, positions=None):
    """Su et al. 2021, equation 34: pair i at position p is turned by p · base^(−2i / features)."""

    def call(inputs):
        x = inputs[0]
        at = torch.arange(shape[-2]) + offset if positions is None else positions
        angle = at.unsqueeze(-1) * base ** (-2 * torch.arange(features // 2) / features)
        turned, rest = x[..., :features], x[..., features:]
        first, second = (turned[..., 0::2], turned[..., 1::2]) if interleaved else turned.chunk(2, -1)
        pair = [first * angle.cos() - second * angle.sin(), first * angle.sin() + second * angle.cos()]
        turned = torch.stack(pair, -1).flatten(-2) if interleaved else torch.cat(pair, -1)
        return torch.cat([turned, rest], -1)

    given = {"positions": positions} if positions is not None else {"offset": offset}
    case({"type": "RotaryEmbedding", "features": features, "base": base, "interleaved": interleaved}, [exact(*shape), given], call, {})


rotary(4, (2, 3, 4))
rotary(4, (2, 3, 4), interleaved=False, offset=5)
rotary(4, (3, 6), base=100.0)
rotary(4, (2, 2, 3, 4), positions=torch.tensor([[0, 3, 1], [7, 2, 40]]))


def sinusoidal(features, length, base=10000.0, offset=0):
    def call(inputs):
        table = torch.zeros(length, features)
        for p in range(length):
            for i in range(features):
                angle = (p + offset) / base ** (2 * (i // 2) / features)
                table[p, i] = math.sin(angle) if i % 2 == 0 else math.cos(angle)
        return inputs[0] + table

    case({"type": "SinusoidalPositions", "features": features, "base": base}, [exact(2, length, features), {"offset": offset}], call, {})


sinusoidal(6, 4)
sinusoidal(5, 3, base=100.0, offset=7)


def learned(offset):
    weight = torch.zeros(6, 3)
    case({"type": "LearnedPositions", "maxLength": 6, "features": 3}, [exact(2, 4, 3), {"offset": offset}], lambda inputs: inputs[0] + weight[offset : offset + 4], {"weight": weight})


learned(0)
learned(2)


def alibi(heads):
    """Press et al. 2022; slopes as in their code for numbers of heads that are no powers of two."""

    def slopes(n):
        if math.log2(n).is_integer():
            start = 2 ** (-(2 ** -(math.log2(n) - 3)))
            return [start ** (i + 1) for i in range(n)]
        below = 2 ** math.floor(math.log2(n))
        return slopes(below) + slopes(2 * below)[0::2][: n - below]

    def call(inputs):
        distance = (torch.arange(3).unsqueeze(1) - torch.arange(4)).abs()
        return inputs[0] - torch.tensor(slopes(heads)).reshape(-1, 1, 1) * distance

    case({"type": "ALiBi", "heads": heads}, [exact(heads, 3, 4)], call, {})


alibi(4)
alibi(6)


def gated(kind, activation, out=None, bias=False):
    parameters = {}
    for name, shape in (("gate_proj", (5, 4)), ("up_proj", (5, 4)), ("down_proj", (out or 4, 5))):
        parameters[f"{name}.weight"] = torch.zeros(*shape)
        if bias:
            parameters[f"{name}.bias"] = torch.zeros(shape[0])
    gate = {"silu": F.silu, "gelu": F.gelu, "relu": F.relu, "sigmoid": torch.sigmoid, "identity": lambda x: x}[activation]

    def call(inputs):
        (x,) = inputs
        apply = lambda name, t: F.linear(t, parameters[f"{name}.weight"], parameters.get(f"{name}.bias"))
        return apply("down_proj", gate(apply("gate_proj", x)) * apply("up_proj", x))

    config = {"type": kind, "inFeatures": 4, "hiddenFeatures": 5, "bias": bias, **({"outFeatures": out} if out else {}), **({} if kind == "SwiGLU" else {"activation": activation})}
    case(config, [exact(2, 3, 4)], call, parameters)


gated("SwiGLU", "silu")
for activation in ("gelu", "relu", "sigmoid", "identity"):
    gated("GatedMLP", activation, out=3, bias=True)

CAUSAL = torch.ones(4, 4, dtype=torch.bool).triu(1)


def encoder_layer(masks, shape, causal=False, **options):
    module = nn.TransformerEncoderLayer(4, 2, 6, 0.0, **options)
    given = {**masks, **({"isCausal": True} if causal else {})}
    call = lambda x: module(x[0], src_mask=CAUSAL if causal else x[1].get("srcMask"), src_key_padding_mask=x[1].get("srcKeyPaddingMask"))
    config = {"type": "TransformerEncoderLayer", "dModel": 4, "nhead": 2, "dimFeedforward": 6, "dropout": 0, **{camel(name): v for name, v in options.items()}}
    case(config, [exact(*shape), given], call, dict(module.named_parameters()))


SQUARE = torch.tensor([[False, True, False, False], [False, False, False, True], [True, False, False, False], [False, False, True, False]])
encoder_layer({"srcMask": SQUARE, "srcKeyPaddingMask": PADDING}, (2, 4, 4), batch_first=True)
encoder_layer({}, (4, 2, 4), causal=True, norm_first=True, activation="gelu", layer_norm_eps=0.01)
encoder_layer({"srcMask": exact(4, 4)}, (4, 4), norm_first=True)


def decoder_layer(masks, tgt, memory, **options):
    module = nn.TransformerDecoderLayer(4, 2, 6, 0.0, **options)

    def call(x):
        tgt, memory, given = x
        causal = CAUSAL[: tgt.shape[1], : tgt.shape[1]] if given.get("tgtIsCausal") else None
        return module(tgt, memory, tgt_mask=given.get("tgtMask", causal), memory_mask=given.get("memoryMask"), tgt_key_padding_mask=given.get("tgtKeyPaddingMask"), memory_key_padding_mask=given.get("memoryKeyPaddingMask"))

    config = {"type": "TransformerDecoderLayer", "dModel": 4, "nhead": 2, "dimFeedforward": 6, "dropout": 0, **{camel(name): v for name, v in options.items()}}
    case(config, [exact(*tgt), exact(*memory), masks], call, dict(module.named_parameters()))


decoder_layer({"tgtIsCausal": True, "memoryKeyPaddingMask": PADDING}, (2, 3, 4), (2, 4, 4), batch_first=True)
decoder_layer({"tgtMask": SQUARE, "memoryMask": exact(4, 3), "tgtKeyPaddingMask": PADDING}, (2, 4, 4), (2, 3, 4), batch_first=True, norm_first=True, activation="gelu")


def stacks():
    layer = {"type": "TransformerEncoderLayer", "dModel": 4, "nhead": 2, "dimFeedforward": 3, "dropout": 0, "batchFirst": True}
    module = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 3, 0.0, batch_first=True), 2, nn.LayerNorm(4))
    config = {"type": "TransformerEncoder", "layers": [layer, layer], "numLayers": 2, "norm": {"type": "LayerNorm", "normalizedShape": [4]}}
    case(config, [exact(2, 4, 4), {"srcKeyPaddingMask": PADDING}], lambda x: module(x[0], src_key_padding_mask=x[1]["srcKeyPaddingMask"]), dict(module.named_parameters()))
    both = nn.Transformer(4, 2, 1, 1, 3, 0.0, norm_first=True, batch_first=True)
    config = {"type": "Transformer", "dModel": 4, "nhead": 2, "numEncoderLayers": 1, "numDecoderLayers": 1, "dimFeedforward": 3, "dropout": 0, "normFirst": True, "batchFirst": True}
    masks = {"srcKeyPaddingMask": PADDING, "memoryKeyPaddingMask": PADDING, "tgtIsCausal": True}
    call = lambda x: both(x[0], x[1], tgt_mask=CAUSAL[:3, :3], src_key_padding_mask=PADDING, memory_key_padding_mask=PADDING)
    case(config, [exact(2, 4, 4), exact(2, 3, 4), masks], call, dict(both.named_parameters()))
    layer = {"type": "TransformerDecoderLayer", "dModel": 4, "nhead": 2, "dimFeedforward": 3, "dropout": 0, "batchFirst": True}
    decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 3, 0.0, batch_first=True), 2, nn.LayerNorm(4))
    config = {"type": "TransformerDecoder", "layers": [layer, layer], "numLayers": 2, "norm": {"type": "LayerNorm", "normalizedShape": [4]}}
    call = lambda x: decoder(x[0], x[1], tgt_mask=CAUSAL[:3, :3], memory_key_padding_mask=PADDING)
    case(config, [exact(2, 3, 4), exact(2, 4, 4), {"tgtIsCausal": True, "memoryKeyPaddingMask": PADDING}], call, dict(decoder.named_parameters()))


stacks()

write("attention", CASES)
