"""The decoder of apps/examples/music in PyTorch."""
import torch
from torch import nn
from torch.nn import functional as F

from harness import Program, run

NOTHING = -1


class Positions(nn.Module):
    def __init__(self, length, width):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(length, width))


class Composer(nn.Module):
    def __init__(self, vocabulary, width, heads, layers, length, most_left, most_bars):
        super().__init__()
        self.word, self.left, self.bar = (nn.Embedding(count, width) for count in (vocabulary, most_left, most_bars))
        self.position = Positions(length, width)
        self.dropout = nn.Dropout(0.1)
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, 0.1, "gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.room, self.form = nn.Embedding(2 * most_left, vocabulary), nn.Embedding(most_bars, vocabulary)

    def forward(self, words, left, bar):
        length = words.shape[1]
        # What is left of the first bar of a part, which may be short, has rows of its own.
        rest = left + (bar > 0) * self.left.num_embeddings
        x = self.word(words) + self.left(left) + self.bar(bar) + self.position.weight[:length]
        ahead = torch.full((length, length), -torch.inf).triu(1)
        return self.head(self.blocks(self.dropout(x), ahead)) + self.room(rest) + self.form(bar)


class Music(Program):
    clip_norm = 1

    def __init__(self, settings, arrays):
        names = ("vocabulary", "width", "heads", "layers", "contextLength", "left", "bars")
        self.model = Composer(*(settings[name] for name in names))
        tables = [self.model.room.weight, self.model.form.weight]
        others = [each for name, each in self.model.named_parameters() if name.split(".")[0] not in ("room", "form")]
        groups = [
            {"params": [each for each in others if each.ndim > 1], "weight_decay": 0.1},
            {"params": [each for each in others if each.ndim < 2], "weight_decay": 0},
            {"params": tables, "lr": 0.02, "weight_decay": 0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=3e-3)

    def loss(self, batch):
        logits = self.model(batch["words"], batch["left"], batch["bar"])
        return F.cross_entropy(logits.flatten(0, 1), batch["next"].flatten(), ignore_index=NOTHING)

    def metric(self, arrays):
        return self.loss(arrays).item()


run(Music)
