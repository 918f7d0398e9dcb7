import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CharacterTokenizer, TokenizerError } from '../src/index.ts';
import golden from './golden/hugging-face.json' with { type: 'json' };

describe('vocabulary', () => {
  it('orders characters by code point, whatever the order of the texts', () => {
    const tokenizer = CharacterTokenizer.train(['zoo', 'b\na', '😀é']);
    expect(tokenizer.vocabulary).toEqual(['\n', 'a', 'b', 'o', 'z', 'é', '😀']);
    expect(CharacterTokenizer.train(['😀é', 'ab\n', 'oz']).vocabulary).toEqual(tokenizer.vocabulary);
  });

  it('sorts by code point, not by UTF-16 unit', () => {
    // U+FF5E comes before U+1F600, but the first UTF-16 unit of the latter (D83D) is smaller.
    expect(CharacterTokenizer.train('😀～').vocabulary).toEqual(['～', '😀']);
  });

  it('puts the unknown token first, then the special tokens as given', () => {
    const tokenizer = CharacterTokenizer.train('ba', { unknownToken: '<unk>', specialTokens: ['<pad>', '<eos>'] });
    expect(tokenizer.vocabulary).toEqual(['<unk>', '<pad>', '<eos>', 'a', 'b']);
    expect(tokenizer.specialTokens).toEqual(['<unk>', '<pad>', '<eos>']);
    expect(tokenizer.vocabularySize).toBe(5);
    expect(tokenizer.idOf('<eos>')).toBe(2);
    expect(tokenizer.idOf('q')).toBeUndefined();
  });

  it('takes special tokens with any character that means something in a pattern', () => {
    const specialTokens = ['<end-of-text>', '[^a-z]', '(?:x|y)*', '\\d{2}/$'];
    const tokenizer = CharacterTokenizer.train(['ab', ...specialTokens], { specialTokens });
    expect(tokenizer.vocabulary).toEqual([...specialTokens, 'a', 'b']);
    expect([...tokenizer.encode(`a${specialTokens.join('')}b`)]).toEqual([4, 0, 1, 2, 3, 5]);
  });

  it('keeps a special token that is one character once', () => {
    expect(CharacterTokenizer.train('a\nb', { specialTokens: ['\n'] }).vocabulary).toEqual(['\n', 'a', 'b']);
  });

  it('reads a generator of texts, and an empty text', () => {
    function* texts(): Generator<string> {
      yield 'ab';
      yield '';
      yield 'bc';
    }
    expect(CharacterTokenizer.train(texts()).vocabularySize).toBe(3);
    expect(CharacterTokenizer.train('').vocabularySize).toBe(0);
    expect(CharacterTokenizer.train([]).vocabularySize).toBe(0);
  });

  it('does not count the characters of special tokens in the training text', () => {
    expect(CharacterTokenizer.train('a<eos>b', { specialTokens: ['<eos>'] }).vocabulary).toEqual(['<eos>', 'a', 'b']);
  });

  it('names a lone surrogate and its place', () => {
    expect(() => CharacterTokenizer.train(['ok', 'a\nb\ud83d'])).toThrow(
      /text 1 .*U\+D83D.*position 3 \(line 2, column 2\)/,
    );
  });

  it('refuses empty special tokens and texts that are not strings', () => {
    expect(() => CharacterTokenizer.train('a', { specialTokens: [''] })).toThrow(TokenizerError);
    expect(() => CharacterTokenizer.train([1] as unknown as string[])).toThrow(/text 0 is 1/);
    expect(() => CharacterTokenizer.train(7 as unknown as string)).toThrow(/iterable of strings, got 7/);
  });
});

describe('encode and decode', () => {
  const text = 'Grüße, 世界! e\u0301 👩‍👩‍👧 \n\ttab';
  const tokenizer = CharacterTokenizer.train(text, { specialTokens: ['<eos>', '<eos>>', '$(x)'] });

  it('is one id per code point and comes back unchanged', () => {
    const ids = tokenizer.encode(text);
    expect(ids).toBeInstanceOf(Uint32Array);
    expect(ids.length).toBe([...text].length);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.encode('e\u0301').length).toBe(2);
    expect(tokenizer.encode('👩').length).toBe(1);
  });

  it('takes an empty text', () => {
    expect(tokenizer.encode('')).toEqual(new Uint32Array(0));
    expect(tokenizer.decode([])).toBe('');
  });

  it('reads special tokens whole, the longest first, with characters that a pattern would interpret', () => {
    expect([...tokenizer.encode('<eos>')]).toEqual([tokenizer.idOf('<eos>')]);
    expect([...tokenizer.encode('<eos>>')]).toEqual([tokenizer.idOf('<eos>>')]);
    expect([...tokenizer.encode('a$(x)b')]).toEqual(['a', '$(x)', 'b'].map((token) => tokenizer.idOf(token)));
    expect(tokenizer.decode(tokenizer.encode('a<eos>b'))).toBe('a<eos>b');
    expect(tokenizer.decode(tokenizer.encode('a<eos>b'), { skipSpecialTokens: true })).toBe('ab');
  });

  it('leaves special tokens alone on request', () => {
    const plain = CharacterTokenizer.train('<eos>', { specialTokens: ['<s>'] });
    expect(plain.encode('<s>').length).toBe(1);
    expect(plain.encode('<s>', { parseSpecialTokens: false }).length).toBe(3);
  });

  it('does not find a special token inside an astral character', () => {
    const odd = CharacterTokenizer.train('😀', { specialTokens: ['x'] });
    expect(odd.decode(odd.encode('x😀x'))).toBe('x😀x');
  });

  it('names the unknown character, its position and what to do', () => {
    const small = CharacterTokenizer.train('abc\n');
    expect(() => small.encode('ab\ncé')).toThrow(
      /unknown character 'é' \(U\+00E9\) at position 4 \(line 2, column 2\).*\n.*hint: .*unknownToken/,
    );
    expect(() => small.encode('a\u200b')).toThrow(/U\+200B/);
    expect(() => small.encode('😀')).toThrow(/'😀' \(U\+1F600\) at position 0 \(line 1, column 1\)/);
    expect(() => small.encode('a\ud83d')).toThrow(/U\+D83D/);
    expect(() => small.encode(undefined as unknown as string)).toThrow(/expected a string, got undefined/);
  });

  it('maps unknown characters to the unknown token if there is one', () => {
    const small = CharacterTokenizer.train('abc', { unknownToken: '<unk>' });
    expect([...small.encode('aé😀')]).toEqual([1, 0, 0]);
    expect(small.decode(small.encode('aé'))).toBe('a<unk>');
  });

  it('refuses ids outside the vocabulary', () => {
    const small = CharacterTokenizer.train('abc');
    expect(() => small.decode([0, 3])).toThrow(/id 3 at position 1 .* from 0 to 2/);
    expect(() => small.decode([-1])).toThrow(TokenizerError);
    expect(() => small.decode([0.5])).toThrow(TokenizerError);
  });
});

describe('files', () => {
  const tokenizer = CharacterTokenizer.train('0123 __proto__ "\\\n😀', {
    unknownToken: '<unk>',
    specialTokens: ['__proto__', '<eos>'],
  });

  it('comes back from JSON, object or text', () => {
    for (const json of [tokenizer.toJSON(), JSON.stringify(tokenizer)]) {
      const again = CharacterTokenizer.fromJSON(json);
      expect(again.vocabulary).toEqual(tokenizer.vocabulary);
      expect(again.unknownToken).toBe('<unk>');
      expect(again.encode('1__proto__😀é')).toEqual(tokenizer.encode('1__proto__😀é'));
    }
    const without = CharacterTokenizer.fromJSON(CharacterTokenizer.train('ab', { specialTokens: ['<unk>'] }).toJSON());
    expect(without.unknownToken).toBeUndefined();
    expect(() => without.encode('z')).toThrow(/unknown character/);
  });

  it('saves and loads, leaving no temporary file, and never half a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hebb-tokenizer-'));
    try {
      const path = join(folder, 'tokenizer.json');
      await tokenizer.save(path);
      await tokenizer.save(path);
      expect(await readdir(folder)).toEqual(['tokenizer.json']);
      expect((await CharacterTokenizer.load(path)).vocabulary).toEqual(tokenizer.vocabulary);
      await expect(tokenizer.save(join(folder, 'absent', 'tokenizer.json'))).rejects.toThrow(/cannot write .*absent/);
      await expect(tokenizer.save(folder)).rejects.toThrow(TokenizerError);
      expect(await readdir(folder)).toEqual(['tokenizer.json']);
      await expect(CharacterTokenizer.load(join(folder, 'absent.json'))).rejects.toThrow(/cannot read .*absent\.json/);
      await writeFile(path, (await readFile(path)).subarray(0, 200));
      await expect(CharacterTokenizer.load(path)).rejects.toThrow(/tokenizer\.json: .*not valid JSON/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('lists everything that is wrong with a file', () => {
    const json = { ...tokenizer.toJSON(), decoder: null, version: '2', normalizer: { type: 'NFC' } };
    expect(() => CharacterTokenizer.fromJSON(json)).toThrow(/version: .*\n.*normalizer: .*\n.*decoder: /);
    for (const bad of [null, 3, [], '', '{', {}, { model: {} }, { ...tokenizer.toJSON(), added_tokens: 3 }]) {
      expect(() => CharacterTokenizer.fromJSON(bad)).toThrow(TokenizerError);
    }
    const model = { type: 'WordLevel', unk_token: '<unk>' };
    for (const vocab of [{ a: 0, b: 0 }, { a: 1 }, { a: -1 }, { a: '0' }, { ab: 0 }, { '': 0 }, { a: 0, '<unk>': 1 }]) {
      const whole = { ...tokenizer.toJSON(), added_tokens: [], model: { ...model, vocab } };
      expect(() => CharacterTokenizer.fromJSON(whole)).toThrow(TokenizerError);
    }
  });

  it('throws nothing but a TokenizerError on damaged files', () => {
    const text = JSON.stringify(tokenizer);
    let state = 7;
    const random = (n: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * n);
    };
    for (let round = 0; round < 500; round++) {
      const at = random(text.length);
      const damaged = text.slice(0, at) + String.fromCharCode(32 + random(95)) + text.slice(at + 1 + random(3));
      try {
        const again = CharacterTokenizer.fromJSON(damaged);
        expect(again.decode(again.encode(again.vocabulary.join('')))).toBe(again.vocabulary.join(''));
      } catch (error) {
        expect(error).toBeInstanceOf(TokenizerError);
      }
    }
  });
});

describe('Hugging Face tokenizers', () => {
  it.each(golden.map((entry) => [JSON.stringify(entry.text), entry] as const))(
    'gives the same ids for %s',
    (_, entry) => {
      const tokenizer = CharacterTokenizer.fromJSON(entry.tokenizer);
      expect(tokenizer.toJSON()).toEqual(entry.tokenizer);
      if (entry.ids === null) expect(() => tokenizer.encode(entry.text)).toThrow(TokenizerError);
      else {
        expect([...tokenizer.encode(entry.text)]).toEqual(entry.ids);
        expect(tokenizer.decode(entry.ids)).toBe(entry.decoded);
        expect(tokenizer.decode(entry.ids, { skipSpecialTokens: true })).toBe(entry.decodedWithoutSpecialTokens);
      }
    },
  );
});
