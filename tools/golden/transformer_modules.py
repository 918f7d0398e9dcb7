"""Transformers in PyTorch, with the names of Hugging Face's and torchvision's, without dropout."""

import math

import torch
import torch.nn.functional as F
from torch import nn


def attend(q, k, v, heads, hidden=None):
    """Of [batch, length, features]; true in `hidden` leaves out."""
    split = lambda x, count: x.unflatten(-1, (count, -1)).transpose(1, 2)
    width = q.shape[-1] // heads
    kinds = k.shape[-1] // width
    q = split(q, heads)
    k, v = (split(x, kinds).repeat_interleave(heads // kinds, 1) for x in (k, v))
    scores = q @ k.transpose(-2, -1) / math.sqrt(width)
    if hidden is not None:
        scores = scores.masked_fill(hidden, -math.inf)
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def later(length):
    return torch.ones(length, length, dtype=torch.bool).triu(1)


class Conv1D(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x):
        return x @ self.weight + self.bias


class GPT2Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.c_attn = Conv1D(width, 3 * width)
        self.c_proj = Conv1D(width, width)
        self.heads = heads

    def forward(self, x):
        q, k, v = self.c_attn(x).chunk(3, -1)
        return self.c_proj(attend(q, k, v, self.heads, later(x.shape[1])))


class GPT2MLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.c_fc = Conv1D(width, 4 * width)
        self.c_proj = Conv1D(4 * width, width)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class GPT2Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = GPT2Attention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = GPT2MLP(width)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT2(nn.Module):
    def __init__(self, vocabulary, positions, width, layers, heads):
        super().__init__()
        body = nn.Module()
        body.wte = nn.Embedding(vocabulary, width)
        body.wpe = nn.Embedding(positions, width)
        body.h = nn.ModuleList(GPT2Block(width, heads) for _ in range(layers))
        body.ln_f = nn.LayerNorm(width)
        self.transformer = body
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.lm_head.weight = body.wte.weight

    def forward(self, ids):
        body = self.transformer
        x = body.wte(ids) + body.wpe(torch.arange(ids.shape[1]))
        for block in body.h:
            x = block(x)
        return self.lm_head(body.ln_f(x))


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * self.weight


def turned(x, base):
    """Rotary positions of [batch, length, heads, features]: i is turned with i + features / 2."""
    half = x.shape[-1] // 2
    angles = torch.arange(x.shape[1], dtype=x.dtype).unsqueeze(1) * base ** (-torch.arange(half, dtype=x.dtype) / half)
    cos, sin = angles.cos().unsqueeze(1), angles.sin().unsqueeze(1)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class LlamaAttention(nn.Module):
    def __init__(self, width, heads, kinds, base):
        super().__init__()
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, width // heads * kinds, bias=False)
        self.v_proj = nn.Linear(width, width // heads * kinds, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)
        self.heads, self.kinds, self.base = heads, kinds, base

    def forward(self, x):
        q = turned(self.q_proj(x).unflatten(-1, (self.heads, -1)), self.base).flatten(2)
        k = turned(self.k_proj(x).unflatten(-1, (self.kinds, -1)), self.base).flatten(2)
        return self.o_proj(attend(q, k, self.v_proj(x), self.heads, later(x.shape[1])))


class LlamaMLP(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.gate_proj = nn.Linear(width, hidden, bias=False)
        self.up_proj = nn.Linear(width, hidden, bias=False)
        self.down_proj = nn.Linear(hidden, width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class LlamaBlock(nn.Module):
    def __init__(self, width, heads, kinds, hidden, base):
        super().__init__()
        self.self_attn = LlamaAttention(width, heads, kinds, base)
        self.mlp = LlamaMLP(width, hidden)
        self.input_layernorm = RMSNorm(width)
        self.post_attention_layernorm = RMSNorm(width)

    def forward(self, x):
        x = x + self.self_attn(self.input_layernorm(x))
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    def __init__(self, vocabulary, width, layers, heads, kinds, hidden, base=10000.0, tied=False):
        super().__init__()
        body = nn.Module()
        body.embed_tokens = nn.Embedding(vocabulary, width)
        body.layers = nn.ModuleList(LlamaBlock(width, heads, kinds, hidden, base) for _ in range(layers))
        body.norm = RMSNorm(width)
        self.model = body
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        if tied:
            self.lm_head.weight = body.embed_tokens.weight

    def forward(self, ids):
        x = self.model.embed_tokens(ids)
        for block in self.model.layers:
            x = block(x)
        return self.lm_head(self.model.norm(x))


class BertOutput(nn.Module):
    def __init__(self, inputs, width):
        super().__init__()
        self.dense = nn.Linear(inputs, width)
        self.LayerNorm = nn.LayerNorm(width, eps=1e-12)

    def forward(self, x, before):
        return self.LayerNorm(self.dense(x) + before)


class BertLayer(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.attention = nn.Module()
        self.attention.self = nn.Module()
        for name in ("query", "key", "value"):
            setattr(self.attention.self, name, nn.Linear(width, width))
        self.attention.output = BertOutput(width, width)
        self.intermediate = nn.Module()
        self.intermediate.dense = nn.Linear(width, hidden)
        self.output = BertOutput(hidden, width)
        self.heads = heads

    def forward(self, x, outside):
        own = self.attention.self
        seen = attend(own.query(x), own.key(x), own.value(x), self.heads, outside)
        x = self.attention.output(seen, x)
        return self.output(F.gelu(self.intermediate.dense(x)), x)


def encoded(body, ids, lengths, segments):
    made = body.embeddings
    segments = torch.zeros_like(ids) if segments is None else segments
    x = made.word_embeddings(ids) + made.token_type_embeddings(segments) + made.position_embeddings(torch.arange(ids.shape[1]))
    x = made.LayerNorm(x)
    outside = None if lengths is None else (torch.arange(ids.shape[1]) >= lengths.unsqueeze(1))[:, None, None]
    for layer in body.encoder.layer:
        x = layer(x, outside)
    return x


class Bert(nn.Module):
    def __init__(self, vocabulary, positions, width, layers, heads, hidden, classes):
        super().__init__()
        body = nn.Module()
        body.embeddings = nn.Module()
        body.embeddings.word_embeddings = nn.Embedding(vocabulary, width)
        body.embeddings.position_embeddings = nn.Embedding(positions, width)
        body.embeddings.token_type_embeddings = nn.Embedding(2, width)
        body.embeddings.LayerNorm = nn.LayerNorm(width, eps=1e-12)
        body.encoder = nn.Module()
        body.encoder.layer = nn.ModuleList(BertLayer(width, heads, hidden) for _ in range(layers))
        body.pooler = nn.Module()
        body.pooler.dense = nn.Linear(width, width)
        self.bert = body
        self.classifier = nn.Linear(width, classes)

    def forward(self, ids, lengths=None, segments=None):
        x = encoded(self.bert, ids, lengths, segments)
        return self.classifier(torch.tanh(self.bert.pooler.dense(x[:, 0])))


class EncoderDecoder(nn.Module):
    """Around PyTorch's own nn.Transformer."""

    def __init__(self, source, target, width, heads, encoder, decoder, hidden, first):
        super().__init__()
        self.source_embedding = nn.Embedding(source, width)
        self.target_embedding = nn.Embedding(target, width)
        self.transformer = nn.Transformer(width, heads, encoder, decoder, hidden, 0.0, batch_first=True, norm_first=first)
        self.head = nn.Linear(width, target)

    def embedded(self, table, ids):
        x = table(ids)
        pairs = x.shape[-1] // 2
        angles = torch.arange(ids.shape[1], dtype=x.dtype).unsqueeze(1) * 10000.0 ** (-torch.arange(pairs, dtype=x.dtype) / pairs)
        return x * math.sqrt(x.shape[-1]) + torch.stack([angles.sin(), angles.cos()], -1).flatten(1)

    def forward(self, source, target, lengths):
        outside = torch.arange(source.shape[1]) >= lengths.unsqueeze(1)
        return self.head(
            self.transformer(
                self.embedded(self.source_embedding, source),
                self.embedded(self.target_embedding, target),
                tgt_mask=later(target.shape[1]),
                src_key_padding_mask=outside,
                memory_key_padding_mask=outside,
            )
        )


class ViTBlock(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width, eps=1e-6)
        self.self_attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Dropout(0), nn.Linear(hidden, width), nn.Dropout(0))

    def forward(self, x):
        y = self.ln_1(x)
        x = x + self.self_attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class VisionTransformer(nn.Module):
    def __init__(self, size, patch, channels, width, layers, heads, hidden, classes):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.conv_proj = nn.Conv2d(channels, width, patch, patch)
        self.encoder = nn.Module()
        self.encoder.pos_embedding = nn.Parameter(torch.zeros(1, 1 + (size // patch) ** 2, width))
        self.encoder.layers = nn.Sequential()
        for i in range(layers):
            self.encoder.layers.add_module(f"encoder_layer_{i}", ViTBlock(width, heads, hidden))
        self.encoder.ln = nn.LayerNorm(width, eps=1e-6)
        self.heads = nn.Sequential()
        self.heads.add_module("head", nn.Linear(width, classes))

    def forward(self, x):
        x = self.conv_proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], 1) + self.encoder.pos_embedding
        return self.heads(self.encoder.ln(self.encoder.layers(x))[:, 0])


class BertForPreTraining(nn.Module):
    """The body of BERT under the two heads that it is trained with first: words that were hidden, and whether the second segment follows the first."""

    def __init__(self, vocabulary, positions, width, layers, heads, hidden, following=True):
        super().__init__()
        self.bert = Bert(vocabulary, positions, width, layers, heads, hidden, 1).bert
        self.cls = nn.Module()
        head = self.cls.predictions = nn.Module()
        head.bias = nn.Parameter(torch.empty(vocabulary))
        head.transform = nn.Module()
        head.transform.dense = nn.Linear(width, width)
        head.transform.LayerNorm = nn.LayerNorm(width, eps=1e-12)
        head.decoder = nn.Linear(width, vocabulary)
        head.decoder.weight = self.bert.embeddings.word_embeddings.weight
        head.decoder.bias = head.bias
        if following:
            self.cls.seq_relationship = nn.Linear(width, 2)
        else:
            del self.bert.pooler

    def forward(self, ids, lengths=None, segments=None):
        x = encoded(self.bert, ids, lengths, segments)
        head = self.cls.predictions
        words = head.decoder(head.transform.LayerNorm(F.gelu(head.transform.dense(x))))
        if not hasattr(self.cls, "seq_relationship"):
            return {"predictions": words}
        return {"predictions": words, "relationship": self.cls.seq_relationship(torch.tanh(self.bert.pooler.dense(x[:, 0])))}
