"""Writes packages/tokenizer/test/golden/hugging-face.json: ids by Hugging Face's `tokenizers` for our file format.

The tokenizer.json objects are assembled here, by hand, and loaded by the Hugging Face library (0.22 or later).
Run: python tools/golden/tokenizer.py
"""

import json
from pathlib import Path

from tokenizers import Tokenizer

CASES = [
    # (characters, unknown token, special tokens, texts)
    ("hello world", None, [], ["hello", "low  row", "", "hello!"]),
    ("Gr\u00fc\u00dfe, \u4e16\u754c! e\u0301 \n\t\U0001f600\uff5e", "<unk>", ["<pad>", "<eos>", "<eos>>"],
     ["Gr\u00fc\u00dfe\n\n", "e\u0301\u00e9", "\U0001f600\U0001f680\uff5e", "<eos><eos>>e<pad>", "<eos", "G<unk>z", "\r\n"]),
    ("0123456789", "?", [], ["1?2x", "90"]),
    ("ab$(.*)", None, ["$(a)", "."], ["a.b$(a)", "(a)*"]),
]


def build(characters, unknown, special):
    specials = ([unknown] if unknown else []) + special
    vocabulary = specials + [c for c in sorted(set(characters)) if c not in specials]
    ids = {token: index for index, token in enumerate(vocabulary)}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": ids[t], "content": t, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True}
            for t in specials
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\s\\S]"}, "behavior": "Isolated", "invert": False},
        "post_processor": None,
        "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": ids, "unk_token": unknown or "<unk>"},
    }


golden = []
for characters, unknown, special, texts in CASES:
    document = build(characters, unknown, special)
    tokenizer = Tokenizer.from_str(json.dumps(document))
    for text in texts:
        entry = {"tokenizer": document, "text": text, "ids": None}
        try:
            entry["ids"] = tokenizer.encode(text).ids
            entry["decoded"] = tokenizer.decode(entry["ids"], skip_special_tokens=False)
            entry["decodedWithoutSpecialTokens"] = tokenizer.decode(entry["ids"], skip_special_tokens=True)
        except Exception:  # an unknown character without an unknown token
            pass
        golden.append(entry)

target = Path(__file__).parents[2] / "packages/tokenizer/test/golden/hugging-face.json"
target.parent.mkdir(parents=True, exist_ok=True)
target.write_text(json.dumps(golden, indent=1) + "\n")
