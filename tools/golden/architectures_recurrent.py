"""Writes packages/architectures/test/golden/recurrent.json: small recurrent networks in PyTorch.

Run: python3 tools/golden/architectures_recurrent.py (PyTorch 1.13 or later)
"""

import torch
from architecture_cases import case, integers, numbers, write
from torch import nn

LAYERS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
CELLS = {"rnn": nn.RNNCell, "gru": nn.GRUCell, "lstm": nn.LSTMCell}


def hidden_of(state):
    return state[0] if isinstance(state, tuple) else state


def pack(state):
    """A state as outputs by name, as ours are."""
    if isinstance(state, tuple):
        return {"state_hidden": state[0], "state_cell": state[1]}
    return {"state": state}


class Classifier(nn.Module):
    def __init__(self, cell, inputs, hidden, classes, layers=1, bidirectional=True, pooling="last", vocabulary=None):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, inputs) if vocabulary else None
        self.rnn = LAYERS[cell](inputs, hidden, layers, batch_first=True, bidirectional=bidirectional)
        self.head = nn.Linear(hidden * (2 if bidirectional else 1), classes)
        self.pooling = pooling

    def forward(self, x, lengths=None):
        if self.embedding:
            x = self.embedding(x)
        batch, length = x.shape[:2]
        lengths = torch.full((batch,), length) if lengths is None else lengths
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths.long(), batch_first=True, enforce_sorted=False)
        output, state = self.rnn(packed)
        output, _ = nn.utils.rnn.pad_packed_sequence(output, batch_first=True, total_length=length)
        if self.pooling == "last":
            hidden = hidden_of(state)
            pooled = torch.cat([hidden[-2], hidden[-1]], 1) if self.rnn.bidirectional else hidden[-1]
        elif self.pooling == "mean":
            pooled = output.sum(1) / lengths.unsqueeze(1)
        else:
            inside = torch.arange(length).unsqueeze(0) < lengths.unsqueeze(1)
            pooled = output.masked_fill(~inside.unsqueeze(2), -torch.inf).max(1).values
        return self.head(pooled)


class LanguageModel(nn.Module):
    def __init__(self, cell, vocabulary, embedding, hidden, layers, tied=False):
        super().__init__()
        self.encoder = nn.Embedding(vocabulary, embedding)
        self.rnn = LAYERS[cell](embedding, hidden, layers, batch_first=True)
        self.decoder = nn.Linear(hidden, vocabulary)
        self.tied = tied

    def forward(self, ids):
        output, state = self.rnn(self.encoder(ids))
        return {"logits": self.decoder(output), **pack(state)}


class Forecaster(nn.Module):
    def __init__(self, cell, inputs, outputs, horizon, hidden, layers):
        super().__init__()
        self.rnn = LAYERS[cell](inputs, hidden, layers, batch_first=True)
        self.head = nn.Linear(hidden, horizon * outputs)
        self.shape = (horizon, outputs)

    def forward(self, x):
        output, state = self.rnn(x)
        return {"output": self.head(output).reshape(*x.shape[:2], *self.shape), **pack(state)}


class AdditiveAttention(nn.Module):
    def __init__(self, query, key, size):
        super().__init__()
        self.v = nn.Parameter(torch.zeros(size))
        self.query = nn.Linear(query, size, bias=False)
        self.key = nn.Linear(key, size)


class SequenceToSequence(nn.Module):
    def __init__(self, cell, source, target, embedding, hidden, attention, bidirectional=True):
        super().__init__()
        read = hidden * (2 if bidirectional else 1)
        self.source_embedding = nn.Embedding(source, embedding)
        self.encoder = LAYERS[cell](embedding, hidden, batch_first=True, bidirectional=bidirectional)
        self.bridge = nn.Linear(read, hidden)
        self.target_embedding = nn.Embedding(target, embedding)
        self.kind = attention
        if attention == "additive":
            self.attention = AdditiveAttention(hidden, read, hidden)
            self.decoder = CELLS[cell](embedding + read, hidden)
            self.head = nn.Linear(hidden + read + embedding, target)
        else:
            if attention == "general" or read != hidden:
                self.attention = nn.Linear(read, hidden, bias=False)
            self.decoder = LAYERS[cell](embedding, hidden, batch_first=True)
            self.combine = nn.Linear(read + hidden, hidden, bias=False)
            self.head = nn.Linear(hidden, target)

    def forward(self, source, target, lengths):
        lengths = lengths.long()
        packed = nn.utils.rnn.pack_padded_sequence(self.source_embedding(source), lengths, batch_first=True, enforce_sorted=False)
        output, state = self.encoder(packed)
        values, _ = nn.utils.rnn.pad_packed_sequence(output, batch_first=True, total_length=source.shape[1])
        last = hidden_of(state)
        last = torch.cat([last[-2], last[-1]], 1) if self.encoder.bidirectional else last[-1]
        hidden = torch.tanh(self.bridge(last))
        outside = ~(torch.arange(source.shape[1]).unsqueeze(0) < lengths.unsqueeze(1))
        words = self.target_embedding(target)
        lstm = isinstance(state, tuple)
        if self.kind == "additive":
            keys = self.attention.key(values)
            state = (hidden, torch.zeros_like(hidden)) if lstm else hidden
            logits, shares = [], []
            for word in words.unbind(1):
                scores = torch.tanh(self.attention.query(hidden_of(state)).unsqueeze(1) + keys) @ self.attention.v
                weights = torch.softmax(scores.masked_fill(outside, -torch.inf), 1)
                context = (weights.unsqueeze(2) * values).sum(1)
                state = self.decoder(torch.cat([word, context], 1), state)
                logits.append(self.head(torch.cat([hidden_of(state), context, word], 1)))
                shares.append(weights)
            return {"logits": torch.stack(logits, 1), "attention": torch.stack(shares, 1), **pack(state)}
        first = hidden.unsqueeze(0)
        states, state = self.decoder(words, (first, torch.zeros_like(first)) if lstm else first)
        keys = self.attention(values) if hasattr(self, "attention") else values
        scores = (states @ keys.transpose(1, 2)).masked_fill(outside.unsqueeze(1), -torch.inf)
        weights = torch.softmax(scores, 2)
        combined = torch.tanh(self.combine(torch.cat([weights @ values, states], 2)))
        state = tuple(part.squeeze(0) for part in state) if lstm else state.squeeze(0)
        return {"logits": self.head(combined), "attention": weights, **pack(state)}


def config(kind, **options):
    return {"type": kind, "options": options}


ids = integers("ids", 7, 3, 6)
series = numbers("series", 3, 6, 2)
#: 6, 3 and 5.
lengths = integers("how many", 7, 3)
source = integers("source", 7, 3, 6)
target = integers("target", 5, 3, 4)


def classifier(name, cell, **options):
    return case(name, config("RecurrentClassifier", cell=cell, classes=3, dropout=0, **options["config"]), Classifier(cell, **options["torch"], classes=3), *options["inputs"])


def translator(cell, attention, bidirectional=True):
    options = dict(sourceVocabulary=7, targetVocabulary=5, embedding=3, hidden=4, cell=cell, attention=attention, bidirectional=bidirectional)
    network = SequenceToSequence(cell, 7, 5, 3, 4, attention, bidirectional)
    name = f"{cell} to {cell}, {attention}{'' if bidirectional else ', one direction'}"
    return case(name, config("SequenceToSequence", **options), network, source, target, lengths)


write(
    "recurrent",
    [
        classifier("classifier of tokens, lstm", "lstm", config=dict(vocabulary=7, embedding=3, hidden=4), torch=dict(vocabulary=7, inputs=3, hidden=4), inputs=[ids]),
        classifier("classifier of padded tokens, gru, two layers", "gru", config=dict(vocabulary=7, embedding=3, hidden=4, layers=2), torch=dict(vocabulary=7, inputs=3, hidden=4, layers=2), inputs=[ids, lengths]),
        classifier("classifier of padded series, rnn, mean", "rnn", config=dict(inputs=2, hidden=4, pooling="mean"), torch=dict(inputs=2, hidden=4, pooling="mean"), inputs=[series, lengths]),
        classifier("classifier of padded series, lstm, max, one direction", "lstm", config=dict(inputs=2, hidden=4, pooling="max", bidirectional=False), torch=dict(inputs=2, hidden=4, pooling="max", bidirectional=False), inputs=[series, lengths]),
        case("language model, lstm", config("RecurrentLanguageModel", vocabulary=7, embedding=3, hidden=4, dropout=0), LanguageModel("lstm", 7, 3, 4, 2), ids),
        case("language model, gru", config("RecurrentLanguageModel", vocabulary=7, cell="gru", hidden=4, layers=1, dropout=0), LanguageModel("gru", 7, 4, 4, 1), ids),
        case("forecaster, gru", config("RecurrentForecaster", inputs=2, outputs=1, horizon=3, cell="gru", hidden=4), Forecaster("gru", 2, 1, 3, 4, 1), series),
        case("forecaster, lstm, two layers", config("RecurrentForecaster", inputs=2, hidden=4, layers=2), Forecaster("lstm", 2, 2, 1, 4, 2), series),
        translator("gru", "additive"),
        translator("lstm", "additive", False),
        translator("lstm", "general"),
        translator("gru", "dot"),
        translator("rnn", "dot", False),
    ],
)
