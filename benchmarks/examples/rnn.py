"""The language model and the forecaster of apps/examples/rnn in PyTorch."""
import torch
from torch import nn
from torch.nn import functional as F

from harness import Program, run

NOTHING = -1


class LanguageModel(nn.Module):
    def __init__(self, vocabulary, embedding, hidden):
        super().__init__()
        self.encoder = nn.Embedding(vocabulary, embedding)
        self.rnn = nn.GRU(embedding, hidden, batch_first=True)
        self.decoder = nn.Linear(hidden, vocabulary)
        self.dropout = nn.Dropout(0.2)

    def forward(self, ids):
        output, _ = self.rnn(self.dropout(self.encoder(ids)))
        return self.decoder(self.dropout(output))


class Names(Program):
    def __init__(self, settings, arrays):
        self.model = LanguageModel(27, 32, settings["hidden"])
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=5e-3, weight_decay=0.01)

    def loss(self, batch):
        return F.cross_entropy(self.model(batch["x"]).view(-1, 27), batch["y"].view(-1), ignore_index=NOTHING)

    def metric(self, arrays):
        """Nats per letter."""
        total = F.cross_entropy(self.model(arrays["x"]).view(-1, 27), arrays["y"].view(-1), ignore_index=NOTHING, reduction="sum")
        return (total / (arrays["y"] != NOTHING).sum()).item()


class Forecaster(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.rnn = nn.GRU(1, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


class Sunspots(Program):
    def __init__(self, settings, arrays):
        self.model = Forecaster(32)
        self.end = settings["end"]
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-2, weight_decay=0.01)

    def loss(self, batch):
        return F.mse_loss(self.model(batch["x"]), batch["y"])

    def metric(self, arrays):
        """Of the months from the end of what is known, the root mean square error of what was forecast the month before."""
        forecast = (4 * (self.model(arrays["x"]).flatten() + 1.5)).clamp(min=0) ** 2
        return (forecast[self.end - 1 :] - arrays["spots"][self.end :]).square().mean().sqrt().item()


run(lambda settings, arrays: (Names if settings["task"] == "names" else Sunspots)(settings, arrays))
