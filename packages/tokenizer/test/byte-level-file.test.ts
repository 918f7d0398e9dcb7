import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ByteLevelBPE, TokenizerError, type ByteLevelBPEJSON } from '../src/index.ts';

const text = 'the cat sat on the mat, the hat sat on the cat. 世界';
let tokenizer: ByteLevelBPE;
let json: ByteLevelBPEJSON;
beforeAll(async () => {
  tokenizer = await ByteLevelBPE.train([text], {
    vocabularySize: 280,
    specialTokens: ['<pad>', '__proto__', '12'],
    addPrefixSpace: true,
  });
  json = tokenizer.toJSON();
});
const model = (changes: object): object => ({ ...json, model: { ...json.model, ...changes } });
const without = (token: string): Record<string, number> =>
  Object.fromEntries(Object.entries(json.model.vocab).filter(([name]) => name !== token));

describe('tokenizer.json', () => {
  it('comes back from an object, from text and from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hebb-bpe-'));
    try {
      const path = join(folder, 'tokenizer.json');
      await tokenizer.save(path);
      expect(await readdir(folder)).toEqual(['tokenizer.json']);
      for (const again of [
        ByteLevelBPE.fromJSON(json),
        ByteLevelBPE.fromJSON(JSON.stringify(json)),
        await ByteLevelBPE.load(path),
      ]) {
        expect(again.toJSON()).toEqual(json);
        expect(again.encode(`${text}<pad>__proto__12`)).toEqual(tokenizer.encode(`${text}<pad>__proto__12`));
        expect(again.specialTokens).toEqual(['<pad>', '__proto__', '12']);
      }
      await writeFile(path, JSON.stringify(json).slice(0, 300));
      await expect(ByteLevelBPE.load(path)).rejects.toThrow(/tokenizer\.json: .*not valid JSON/);
      await expect(ByteLevelBPE.load(join(folder, 'absent.json'))).rejects.toThrow(/cannot read .*absent\.json/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('reads the forms that files have: merges as pairs, no type of the model, empty affixes, other parts left out', () => {
    const { type: _, merges, ...rest } = json.model;
    const pairs = merges.map((merge) => merge.split(' '));
    const { post_processor: __, ...file } = json;
    const other = {
      ...file,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
      decoder: { type: 'ByteLevel', add_prefix_space: false },
      model: { ...rest, merges: pairs, continuing_subword_prefix: '', end_of_word_suffix: '' },
    };
    expect(ByteLevelBPE.fromJSON(other).toJSON()).toEqual(json);
  });

  it('knows added tokens behind the model’s, special or not', () => {
    const flags = { single_word: false, lstrip: false, rstrip: false };
    const size = tokenizer.vocabularySize;
    const file = {
      ...json,
      added_tokens: [
        ...json.added_tokens,
        { id: size + 1, content: '<é>', special: true, normalized: false, ...flags },
        { id: size, content: '<tool>', special: false, normalized: true, ...flags },
      ],
    };
    const again = ByteLevelBPE.fromJSON(file);
    expect([...again.encode('<tool><é>')]).toEqual([size, size + 1]);
    expect(again.decode([size, size + 1])).toBe('<tool><é>');
    expect(again.decode([size, size + 1], { skipSpecialTokens: true })).toBe('<tool>');
    expect(again.encode('<tool><é>', { parseSpecialTokens: false })[0]).toBe(size);
    expect(again.encode('<tool><é>', { parseSpecialTokens: false }).length).toBeGreaterThan(2);
    expect(ByteLevelBPE.fromJSON(again.toJSON()).toJSON()).toEqual(again.toJSON());
  });

  it('leaves spaces out of offsets where the file says so', () => {
    const file = { ...json, post_processor: { ...json.post_processor, trim_offsets: true } };
    expect([...ByteLevelBPE.fromJSON(file).encodeWithOffsets('the cat').offsets]).toEqual([0, 3, 4, 7]);
    expect([...tokenizer.encodeWithOffsets('the cat').offsets]).toEqual([0, 3, 3, 7]);
  });

  it('gives the unknown token for bytes outside the vocabulary', () => {
    const vocab = { '<unk>': 0, a: 1, b: 2, ab: 3 };
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
    const file = {
      ...json,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
      added_tokens: [{ id: 0, content: '<unk>', ...flags }],
      model: { ...json.model, unk_token: '<unk>', vocab, merges: ['a b'] },
    };
    const again = ByteLevelBPE.fromJSON(file);
    expect([...again.encode('abéa')]).toEqual([3, 0, 0, 1]);
    expect([...again.encodeWithOffsets('abéa').offsets]).toEqual([0, 2, 2, 3, 2, 3, 3, 4]);
    expect(() => ByteLevelBPE.fromJSON(model({ unk_token: '<no>' }))).toThrow(/unk_token: "<no>" is not in/);
  });

  it('merges in the order of the file, whatever it is: no merge can be part of itself', () => {
    const vocab = { a: 0, b: 1, c: 2, ab: 3, abc: 4, bc: 5 };
    const file = { ...json, added_tokens: [], pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false } };
    const encode = (merges: string[]): number[] => [
      ...ByteLevelBPE.fromJSON({ ...file, model: { ...json.model, vocab, merges } }).encode('abc'),
    ];
    expect(encode(['ab c', 'a b'])).toEqual([4]); // the first becomes possible behind the second
    expect(encode(['ab c', 'b c', 'a b'])).toEqual([0, 5]);
    expect(encode(['ab c'])).toEqual([0, 1, 2]);
    expect(() => encode(['ab c', 'c ab'])).toThrow(/"cab" is not in model.vocab/);
  });

  it('names what it does not do', () => {
    const flags = { id: 0, content: '<pad>', special: true, normalized: false };
    const cases: [object, RegExp][] = [
      [{ ...json, normalizer: { type: 'NFC' } }, /normalizer: NFC is not supported/],
      [{ ...json, pre_tokenizer: { type: 'Whitespace' } }, /pre_tokenizer: Whitespace is not supported/],
      [{ ...json, pre_tokenizer: { ...json.pre_tokenizer, use_regex: false } }, /use_regex: false is not supported/],
      [{ ...json, decoder: { type: 'WordPiece' } }, /decoder: WordPiece is not supported/],
      [{ ...json, decoder: null }, /decoder: expected/],
      [{ ...json, post_processor: { type: 'TemplateProcessing' } }, /post_processor: TemplateProcessing is not supp/],
      [{ ...json, truncation: { max_length: 5 } }, /truncation: expected null/],
      [{ ...json, padding: {} }, /padding: expected null/],
      [{ ...json, version: '2.0' }, /version: expected "1.0", got "2.0"/],
      [{ ...json, vocabulary: {} }, /vocabulary: not supported/],
      [{ ...json, added_tokens: [{ ...flags, lstrip: true }] }, /"<pad>": lstrip is not supported/],
      [{ ...json, added_tokens: [{ ...flags, single_word: true }] }, /"<pad>": single_word is not supported/],
      [model({ type: 'Unigram' }), /model.type: expected "BPE", got "Unigram"/],
      [model({ dropout: 0.1 }), /model.dropout: not supported/],
      [model({ continuing_subword_prefix: '##' }), /continuing_subword_prefix: not supported/],
      [model({ end_of_word_suffix: '</w>' }), /end_of_word_suffix: not supported/],
      [model({ fuse_unk: true }), /fuse_unk: not supported/],
      [model({ byte_fallback: true }), /byte_fallback: not supported/],
      [model({ ignore_merges: true }), /ignore_merges: not supported/],
      [model({ cache: 3 }), /model.cache: not supported/],
    ];
    for (const [file, message] of cases) expect(() => ByteLevelBPE.fromJSON(file), String(message)).toThrow(message);
  });

  it('refuses damaged vocabularies and merges with one error', () => {
    const { vocab, merges } = json.model;
    const cases: [object, RegExp][] = [
      [model({ vocab: { ...vocab, new: 3 } }), /share the id 3/],
      [model({ vocab: { ...vocab, new: 1000 } }), /ids go up to 1000, and \d+ of them have no token, the first is 269/],
      [model({ vocab: { ...vocab, new: 2 ** 40 } }), /must be an integer from 0, got 1099511627776/],
      [model({ vocab: { ...vocab, new: -1 } }), /got -1/],
      [model({ vocab: { ...vocab, new: '7' } }), /got "7"/],
      [model({ vocab: { ...vocab, new: NaN } }), /got NaN/],
      [model({ vocab: { ...vocab, 世: 280 } }), /"世" spells no bytes/],
      [model({ vocab: { ...vocab, '': 280 } }), /"" spells no bytes/],
      [model({ vocab: without('Ġthe') }), /merges\[\d+\]: "Ġthe" is not in model.vocab/],
      [model({ vocab: [] }), /expected vocab/],
      [model({ merges: undefined }), /merges, an array/],
      [model({ merges: [...merges, merges[0]] }), /was merged before/],
      [model({ merges: ['a'] }), /merges\[0\]: expected "a b"/],
      [model({ merges: [['a', 1]] }), /merges\[0\]: expected/],
      [model({ merges: [undefined] }), /merges\[0\]: expected/],
      [{ ...json, added_tokens: [...json.added_tokens, json.added_tokens[0]] }, /"<pad>" is there twice/],
      [{ ...json, added_tokens: [{ ...json.added_tokens[0], id: 7 }] }, /"<pad>" has another id in model.vocab/],
      [{ ...json, added_tokens: [{ ...json.added_tokens[0], id: 1e9, content: 'q' }] }, /ids go up to 1000000000/],
      [{ ...json, added_tokens: [{ ...json.added_tokens[0], content: '' }] }, /non-empty string/],
      [{ ...json, added_tokens: [null, 3] }, /expected a|non-empty/],
      [{ ...json, model: null }, /model: expected an object, got null/],
    ];
    for (const [file, message] of cases) {
      expect(() => ByteLevelBPE.fromJSON(file), String(message)).toThrow(message);
      expect(() => ByteLevelBPE.fromJSON(file), String(message)).toThrow(TokenizerError);
    }
    for (const bad of [null, undefined, 3, [], '', '{', 'null', {}]) {
      expect(() => ByteLevelBPE.fromJSON(bad)).toThrow(TokenizerError);
    }
  });

  it('tells a few of many faults, and is done at once with a huge file', () => {
    const vocab = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`世${i}`, i * 7]));
    const merges = Array.from({ length: 100_000 }, (_, i) => `x${i} y${i}`);
    let message = '';
    try {
      ByteLevelBPE.fromJSON(model({ vocab, merges }));
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/and \d+ more\./);
    expect(message.length).toBeLessThan(3000);
  });

  it('throws nothing but a TokenizerError on damaged files', () => {
    const whole = JSON.stringify(json);
    let state = 7;
    const random = (n: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let round = 0; round < 300; round++) {
      const at = random(whole.length);
      const damaged = whole.slice(0, at) + String.fromCharCode(32 + random(95)) + whole.slice(at + 1 + random(3));
      try {
        const again = ByteLevelBPE.fromJSON(damaged);
        expect(again.decode(again.encode(text)).endsWith(text)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(TokenizerError);
      }
    }
  });
});
