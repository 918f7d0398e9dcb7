"""Writes packages/tokenizer/test/golden/gpt2.json: the part of GPT-2's tokenizer (MIT, https://github.com/openai/gpt-2) that 300 strings meet.

Kept are all merges that are possible at any moment while one of the strings is encoded, not only those that are made: with them every step has the
same choice as with all 50,000. Ids are counted anew, bytes first, since the others are missing.

Run: python tools/golden/gpt2_tokenizer.py FOLDER, which holds encoder.json, vocab.bpe and vectors.json ([{ text, ids }], made by OpenAI's own program)
"""

import json
import sys
from pathlib import Path

from tokenizers import pre_tokenizers

folder = Path(sys.argv[1])
encoder = json.loads((folder / "encoder.json").read_text())
spelling = {id: token for token, id in encoder.items()}
lines = (folder / "vocab.bpe").read_text(encoding="utf-8").split("\n")[1:]
rank = {tuple(line.split(" ")): number for number, line in enumerate(lines) if line}
vectors = json.loads((folder / "vectors.json").read_text(encoding="utf-8"))

words = pre_tokenizers.ByteLevel(add_prefix_space=False)
met = set()
for vector in vectors:
    for word, _ in words.pre_tokenize_str(vector["text"]):
        parts = list(word)
        while pairs := [pair for pair in zip(parts, parts[1:]) if pair in rank]:
            met.update(pairs)
            best = min(pairs, key=rank.get)
            at = next(i for i in range(len(parts) - 1) if (parts[i], parts[i + 1]) == best)
            parts[at:at + 2] = ["".join(best)]
merges = sorted(met, key=rank.get)
# What makes the parts of a kept merge is kept, too, or the merge could never be made.
tokens = {"".join(pair): pair for pair in rank}
todo = list(merges)
while todo:
    for part in todo.pop():
        pair = tokens.get(part)
        if pair is not None and pair not in met:
            met.add(pair)
            todo.append(pair)
merges = sorted(met, key=rank.get)
vocabulary = [spelling[id] for id in range(256)] + ["".join(pair) for pair in merges] + ["<|endoftext|>"]
number = {token: id for id, token in enumerate(vocabulary)}
golden = {
    "encoder": number,
    "merges": "#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges),
    "vectors": [{"text": v["text"], "ids": [number[spelling[id]] for id in v["ids"]]} for v in vectors],
}
target = Path(__file__).parents[2] / "packages/tokenizer/test/golden/gpt2.json"
target.write_text(json.dumps(golden, ensure_ascii=False, separators=(",", ":")).replace('{"text"', '\n{"text"') + "\n")
