"""Writes packages/architectures/test/golden/published: small models in files as publishers have them (`config.json`, safetensors, their names, buffers and precisions), and PyTorch's logits of them.

Run: python3 tools/golden/architectures_published.py (PyTorch 1.13 or later)
"""

import json
import struct
from pathlib import Path

import torch
from transformer_modules import GPT2, Bert, BertForPreTraining, Llama

torch.set_num_threads(1)
torch.manual_seed(5)

root = Path(__file__).parents[2] / "packages/architectures/test/golden/published"

dtypes = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64", torch.uint8: "U8", torch.bool: "BOOL"}


def save(path, tensors):
    """https://github.com/huggingface/safetensors"""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, value in tensors.items():
        raw = bytes(value.detach().contiguous().flatten().view(torch.uint8).tolist()) if value.dtype is not torch.bool else bytes(value.flatten().tolist())
        header[name] = {"dtype": dtypes[value.dtype], "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return len(data)


def made(model, dtype=torch.float32):
    """Of weights so large that a wrong one shows."""
    for value in model.parameters():
        value.data = (torch.randn(value.shape) * (0.3 if value.ndim > 1 else 0.5) + (1 if value.ndim == 1 else 0)).to(dtype).float()
    return model.eval()


def folder(name, config):
    path = root / name
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    return path


def numbers(value):
    return {"shape": list(value.shape), "data": [float(f"{number:.7g}") for number in value.flatten().tolist()]}


goldens = {}


def golden(name, model, *given):
    with torch.no_grad():
        outputs = model(*given)
    outputs = {"output": outputs} if isinstance(outputs, torch.Tensor) else outputs
    goldens[name] = {"inputs": [{"shape": list(each.shape), "data": each.flatten().tolist()} for each in given], "outputs": {key: numbers(value) for key, value in outputs.items()}}


ids = torch.randint(11, (2, 7))

# gpt2: no prefix, a causal mask of each layer, the head only as the table of tokens.
model = made(GPT2(11, 10, 8, 2, 2))
path = folder(
    "gpt2",
    {
        "activation_function": "gelu_new",
        "architectures": ["GPT2LMHeadModel"],
        "attn_pdrop": 0.1,
        "bos_token_id": 10,
        "embd_pdrop": 0.1,
        "eos_token_id": 10,
        "initializer_range": 0.02,
        "layer_norm_epsilon": 1e-05,
        "model_type": "gpt2",
        "n_ctx": 10,
        "n_embd": 8,
        "n_head": 2,
        "n_layer": 2,
        "n_positions": 10,
        "resid_pdrop": 0.1,
        "summary_activation": None,
        "summary_first_dropout": 0.1,
        "summary_proj_to_labels": True,
        "summary_type": "cls_index",
        "summary_use_proj": True,
        "task_specific_params": {"text-generation": {"do_sample": True, "max_length": 50}},
        "vocab_size": 11,
    },
)
state = {name.removeprefix("transformer."): value for name, value in model.state_dict().items() if name != "lm_head.weight"}
for layer in range(2):
    state[f"h.{layer}.attn.bias"] = torch.ones(10, 10).tril().reshape(1, 1, 10, 10)
save(path / "model.safetensors", dict(sorted(state.items())))
golden("gpt2", model, ids)

# bert-base-uncased: gamma and beta, the heads of pretraining, positions as a buffer.
model = made(BertForPreTraining(11, 10, 8, 2, 2, 12))
config = {
    "architectures": ["BertForMaskedLM"],
    "attention_probs_dropout_prob": 0.1,
    "gradient_checkpointing": False,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 8,
    "initializer_range": 0.02,
    "intermediate_size": 12,
    "layer_norm_eps": 1e-12,
    "max_position_embeddings": 10,
    "model_type": "bert",
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "pad_token_id": 0,
    "position_embedding_type": "absolute",
    "transformers_version": "4.6.0.dev0",
    "type_vocab_size": 2,
    "use_cache": True,
    "vocab_size": 11,
}
path = folder("bert", config)
state = {
    name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): value
    for name, value in model.state_dict().items()
    if not name.startswith("cls.predictions.decoder")
}
state["bert.embeddings.position_ids"] = torch.arange(10).unsqueeze(0)
save(path / "model.safetensors", state)
golden("bert", model, ids, torch.tensor([7, 4]), torch.randint(2, (2, 7)))

# One that was fine-tuned for three classes, without the prefix that its newer names have.
model = made(Bert(11, 10, 8, 1, 2, 12, 3))
path = folder("bert-classes", {**config, "architectures": ["BertForSequenceClassification"], "num_hidden_layers": 1, "id2label": {"0": "a", "1": "b", "2": "c"}})
save(path / "model.safetensors", model.state_dict())
golden("bert-classes", model, ids, torch.tensor([7, 4]), torch.randint(2, (2, 7)))

# LLaMA in two files, of two precisions, with the angles' speeds as buffers.
model = Llama(11, 8, 2, 4, 2, 12, 500.0)
made(model, torch.bfloat16)
llama = {
    "architectures": ["LlamaForCausalLM"],
    "attention_bias": False,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "hidden_act": "silu",
    "hidden_size": 8,
    "initializer_range": 0.02,
    "intermediate_size": 12,
    "max_position_embeddings": 10,
    "model_type": "llama",
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "pretraining_tp": 1,
    "rms_norm_eps": 1e-06,
    "rope_scaling": None,
    "rope_theta": 500.0,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "use_cache": True,
    "vocab_size": 11,
}
path = folder("llama", llama)
state = {name: value.bfloat16() for name, value in model.state_dict().items()}
for layer in range(2):
    state[f"model.layers.{layer}.self_attn.rotary_emb.inv_freq"] = 500.0 ** (-torch.arange(0, 2, 2) / 2)
places = {name: "model-00002-of-00002.safetensors" if name.startswith(("lm_head", "model.norm", "model.layers.1")) else "model-00001-of-00002.safetensors" for name in sorted(state)}
total = sum(save(path / file, {name: value for name, value in state.items() if places[name] == file}) for file in sorted(set(places.values())))
(path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": places}, indent=2) + "\n")
golden("llama", model, ids)

# One with a head that is the table of tokens, in float16.
model = made(Llama(11, 8, 1, 2, 1, 12, 10000.0, True), torch.float16)
path = folder("llama-tied", {**llama, "num_attention_heads": 2, "num_hidden_layers": 1, "num_key_value_heads": 1, "tie_word_embeddings": True, "rope_theta": 10000.0, "torch_dtype": "float16"})
save(path / "model.safetensors", {name: value.half() for name, value in model.state_dict().items() if name != "lm_head.weight"})
golden("llama-tied", model, ids)

(root / "outputs.json").write_text(json.dumps(goldens) + "\n")
print(*goldens)
