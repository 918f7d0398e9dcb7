"""A classifier of sequences of different lengths: an embedding, two bidirectional LSTM layers, and a linear layer over the last states."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


class SequenceClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.lstm = nn.LSTM(16, 32, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(64, 6)

    def forward(self, ids, lengths):
        packed = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True, enforce_sorted=False)
        _, (hidden, _) = self.lstm(packed)
        return self.head(torch.cat([hidden[-2], hidden[-1]], 1))


def model():
    return SequenceClassifier()


def inputs(numbers, integers):
    return [integers("ids", 50, 5, 12), 1 + integers("lengths", 12, 5)]


def output(model, inputs):
    return model(*inputs)
