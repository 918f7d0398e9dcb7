"""Writes packages/tokenizer/test/golden/byte-level-bpe.json: vocabularies, merges, ids and offsets by Hugging Face's `tokenizers` (0.22 or later).

Run: python tools/golden/byte_level_bpe.py
"""

import json
import random
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

ENGLISH = [
    "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness,",
    "it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season of Darkness.",
    "We'll see what they've got; I'm sure she's there, isn't she? They'd say 'yes' 1234567 times in 1859.",
    "  two spaces,\ttabs\tand\n\nblank lines \n at the end  \n",
]
WORLD = [
    "Gr\u00fc\u00dfe aus K\u00f6ln: \u00e4\u00f6\u00fc\u00df \u00e4\u00f6\u00fc\u00df", "\u4e16\u754c\u4f60\u597d\u4e16\u754c \u4f60\u597d\u3002",
    "\U0001f600\U0001f600 \U0001f469\u200d\U0001f469\u200d\U0001f467 e\u0301e\u0301 \u0e01\u0e33\u0e01\u0e33", "\u00a0\u2003\u0085\ufeff\u200b \u0661\u0662\u0663 \u2167\u00bd x\u00b2",
]
rng = random.Random(5)
# Few letters, so that counts are equal everywhere and pairs overlap themselves.
TIES = ["".join(rng.choice("ab c") for _ in range(rng.randrange(1, 60))) for _ in range(60)]
RUNS = ["a" * n + " " + "ba" * (n // 2) + " " + "aab" * (n // 3) for n in range(1, 24)]

CASES = [
    # texts, vocabulary, minFrequency, special tokens, alphabet, limitAlphabet, addPrefixSpace
    (ENGLISH, 300, 2, [], "bytes", None, False),
    (ENGLISH, 420, 0, ["<pad>", "<eos>"], "bytes", None, True),
    (ENGLISH + WORLD, 400, 1, ["<eos>"], "bytes", None, False),
    (WORLD, 5000, 2, [], "bytes", None, True),
    (ENGLISH, 120, 2, ["<eos>"], "seen", None, False),
    (ENGLISH, 60, 2, [], "seen", 30, False),
    (TIES, 400, 2, [], "bytes", None, False),
    (TIES, 500, 0, ["<x>"], "seen", None, True),
    (RUNS, 420, 1, [], "bytes", None, False),
    (RUNS, 300, 3, [], "seen", None, False),
    ([""], 257, 2, ["<eos>"], "bytes", None, False),
]
PROBES = [
    "", " ", "the times", " the times", "<eos>", "<eos> the<eos><pad>times", "It's the worst!  \n\n they've", "\u4e16\u754c e\u0301 \U0001f600!", "aaaaaaaa ababab",
    "x\u00a0y\u0085z\ufeff", "1234 \u0661\u0662 \u00bd",
]


def utf16(text, place):
    return len(text[:place].encode("utf-16-le")) // 2


golden = []
for texts, size, frequency, special, alphabet, limit, prefix in CASES:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=frequency, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet == "bytes" else [],
        **({} if limit is None else {"limit_alphabet": limit}),
    )
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    options = {"vocabularySize": size, "minFrequency": frequency, "specialTokens": special, "alphabet": alphabet, "addPrefixSpace": prefix}
    if limit is not None:
        options["limitAlphabet"] = limit
    probes = []
    for text in PROBES:
        encoding = tokenizer.encode(text)
        probes.append({
            "text": text, "ids": encoding.ids,
            "offsets": [utf16(text, place) for pair in encoding.offsets for place in pair],
            "decoded": tokenizer.decode(encoding.ids, skip_special_tokens=False),
            "decodedWithoutSpecialTokens": tokenizer.decode(encoding.ids, skip_special_tokens=True),
        })
    golden.append({
        "texts": texts, "options": options, "vocabulary": sorted(model["vocab"], key=model["vocab"].get),
        "merges": [" ".join(pair) for pair in model["merges"]], "probes": probes if alphabet == "bytes" else [],
    })

target = Path(__file__).parents[2] / "packages/tokenizer/test/golden/byte-level-bpe.json"
target.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")).replace('{"texts"', '\n{"texts"') + "\n")
