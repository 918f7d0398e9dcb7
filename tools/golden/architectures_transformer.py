"""Writes packages/architectures/test/golden/transformer.json: small transformers in PyTorch.

Run: python3 tools/golden/architectures_transformer.py (PyTorch 1.13 or later)
"""

from architecture_cases import case, integers, numbers, write
from transformer_modules import GPT2, Bert, BertForPreTraining, EncoderDecoder, Llama, VisionTransformer


def config(kind, **options):
    return {"type": kind, "options": options}


ids = integers("ids", 9, 2, 6)
#: 6, 3 and 5.
lengths = integers("how many", 7, 3)
bert = dict(classes=3, vocabulary=9, contextLength=8, width=8, layers=2, heads=2, hidden=12, dropout=0)
pretraining = dict(vocabulary=9, contextLength=8, width=8, layers=1, heads=2, hidden=12, dropout=0)


def translator(name, first):
    options = dict(sourceVocabulary=7, targetVocabulary=5, width=8, heads=2, encoderLayers=1, decoderLayers=1, hidden=12, dropout=0, normFirst=first)
    network = EncoderDecoder(7, 5, 8, 2, 1, 1, 12, first)
    return case(name, config("EncoderDecoder", **options), network, integers("source", 7, 3, 6), integers("target", 5, 3, 4), lengths)


write(
    "transformer",
    [
        case("GPT-2", config("GPT2", vocabulary=9, contextLength=8, width=8, layers=2, heads=2, dropout=0), GPT2(9, 8, 8, 2, 2), ids),
        case("LLaMA", config("Llama", vocabulary=9, contextLength=8, width=8, layers=1, heads=2, hidden=12), Llama(9, 8, 1, 2, 2, 12), ids),
        case(
            "LLaMA with grouped queries, another base and tied weights",
            config("Llama", vocabulary=9, contextLength=8, width=8, layers=1, heads=4, keyValueHeads=2, hidden=12, rotaryBase=50, tied=True),
            Llama(9, 8, 1, 4, 2, 12, 50.0, True),
            ids,
        ),
        case(
            "BERT with padded texts of two segments",
            config("Bert", **bert),
            Bert(9, 8, 8, 2, 2, 12, 3),
            integers("ids", 9, 3, 6),
            lengths,
            integers("segments", 2, 3, 6),
        ),
        case(
            "BERT with the heads of its pretraining",
            config("BertForPreTraining", **pretraining),
            BertForPreTraining(9, 8, 8, 1, 2, 12),
            integers("ids", 9, 3, 6),
            lengths,
            integers("segments", 2, 3, 6),
        ),
        case(
            "BERT that says hidden tokens alone",
            config("BertForPreTraining", **pretraining, nextSentence=False),
            BertForPreTraining(9, 8, 8, 1, 2, 12, False),
            integers("ids", 9, 3, 6),
        ),
        translator("encoder and decoder", False),
        translator("encoder and decoder that normalise first", True),
        case(
            "ViT",
            config("VisionTransformer", classes=3, imageSize=8, patchSize=4, channels=2, width=8, layers=1, heads=2, hidden=12),
            VisionTransformer(8, 4, 2, 8, 1, 2, 12, 3),
            numbers("images", 2, 2, 8, 8),
        ),
    ],
)
