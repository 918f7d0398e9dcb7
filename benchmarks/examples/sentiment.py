"""The encoder of apps/examples/sentiment in PyTorch."""
import math

import torch
from torch import nn
from torch.nn import functional as F

from harness import Program, run


class Reader(nn.Module):
    def __init__(self, vocabulary, width=64, heads=4, layers=1, classes=2):
        super().__init__()
        self.width = width
        self.embedding = nn.Embedding(vocabulary, width, padding_idx=0)
        self.drop_words, self.drop_numbers, self.drop_summary = nn.Dropout1d(0.3), nn.Dropout(0.5), nn.Dropout(0.5)
        layer = nn.TransformerEncoderLayer(width, heads, 2 * width, 0.3, "gelu", batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.importance = nn.Linear(width, 1)
        self.classifier = nn.Linear(width, classes)

    def positions(self, length):
        """Sines at even places, cosines at odd ones (Vaswani et al. 2017)."""
        rates = torch.exp(torch.arange(0, self.width, 2) * (-math.log(10000.0) / self.width))
        angles = torch.arange(length)[:, None] * rates
        return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)

    def forward(self, ids):
        padding = ids == 0
        words = self.drop_words(self.embedding(ids) * math.sqrt(self.width))
        vectors = self.encoder(self.drop_numbers(words + self.positions(ids.shape[1])), src_key_padding_mask=padding)
        scores = self.importance(vectors).squeeze(-1)
        weights = scores.masked_fill(padding, -1e9).softmax(-1) * ~padding
        return self.classifier(self.drop_summary((weights[:, None] @ vectors).squeeze(1)))


class Sentiment(Program):
    clip_norm = 1

    def __init__(self, settings, arrays):
        self.model = Reader(settings["vocabulary"])
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=3e-3, weight_decay=0.1)

    def loss(self, batch):
        return F.cross_entropy(self.model(batch["x"]), batch["y"], label_smoothing=0.1)


run(Sentiment)
