import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ByteLevelBPE, TokenizerError, type ByteLevelBPEOptions } from '../src/index.ts';
import golden from './golden/byte-level-bpe.json' with { type: 'json' };
import gpt2 from './golden/gpt2.json' with { type: 'json' };

const random = (seed: number): ((n: number) => number) => {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
};

/** The words as GPT-2's own regular expression cuts them, with Unicode's white space. */
const words = (text: string): string[] =>
  text.match(
    /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu,
  ) ?? [];

/** The textbook: merge the pair of smallest rank, the leftmost one, until there is none. */
function naive(tokenizer: ByteLevelBPE, text: string): number[] {
  const ranks = new Map(tokenizer.merges.map(([a, b], rank) => [`${a} ${b}`, rank]));
  const spell = (byte: number): string => byteSpelling[byte] ?? '';
  return words(text).flatMap((word) => {
    const parts = [...new TextEncoder().encode(word)].map(spell);
    for (;;) {
      let [best, where] = [Infinity, -1];
      for (let i = 0; i + 1 < parts.length; i++) {
        const rank = ranks.get(`${parts[i] ?? ''} ${parts[i + 1] ?? ''}`) ?? Infinity;
        if (rank < best) [best, where] = [rank, i];
      }
      if (where < 0) return parts.map((part) => tokenizer.idOf(part) ?? -1);
      parts.splice(where, 2, parts.slice(where, where + 2).join(''));
    }
  });
}

/** Characters of the bytes as the alphabet of GPT-2's file has them, taken from there. */
const byteSpelling: string[] = (() => {
  const plain = Object.entries(gpt2.encoder).filter(([, id]) => id < 256);
  const spellings = new Array<string>(256).fill('');
  const isSeen = (code: number): boolean => code < 256;
  for (const [character] of plain) if (isSeen(character.charCodeAt(0))) spellings[character.charCodeAt(0)] = character;
  const rest = plain
    .map(([character]) => character.charCodeAt(0))
    .filter((code) => !isSeen(code))
    .sort((a, b) => a - b);
  for (let byte = 0; byte < 256; byte++)
    if (spellings[byte] === '') spellings[byte] = String.fromCharCode(rest.shift() ?? 0);
  return spellings;
})();

describe('training', () => {
  it.each(golden.map((entry, i) => [`${i}: ${JSON.stringify(entry.options)}`, entry] as const))(
    'learns, encodes, places and decodes as Hugging Face does, %s',
    async (_, { texts, options, vocabulary, merges, probes }) => {
      const tokenizer = await ByteLevelBPE.train(texts, options as ByteLevelBPEOptions);
      expect(tokenizer.vocabulary).toEqual(vocabulary);
      expect(tokenizer.merges.map((pair) => pair.join(' '))).toEqual(merges);
      for (const { text, ids, offsets, decoded, decodedWithoutSpecialTokens } of probes) {
        expect([...tokenizer.encode(text)], text).toEqual(ids);
        const encoding = tokenizer.encodeWithOffsets(text);
        expect([...encoding.ids], text).toEqual(ids);
        expect([...encoding.offsets], text).toEqual(offsets);
        expect(tokenizer.decode(ids)).toBe(decoded);
        expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(decodedWithoutSpecialTokens);
      }
    },
  );

  it('gives the same merges by strings, iterables, async iterables and files of lines', async () => {
    const lines = ['one two\n', 'two three three\n', 'three'];
    const options = { vocabularySize: 270 };
    const expected = (await ByteLevelBPE.train(lines, options)).toJSON();
    async function* slowly(): AsyncGenerator<string> {
      for (const line of lines) yield await Promise.resolve(line);
    }
    expect((await ByteLevelBPE.train(new Set(lines), options)).toJSON()).toEqual(expected);
    expect((await ByteLevelBPE.train(slowly(), options)).toJSON()).toEqual(expected);
    const folder = await mkdtemp(join(tmpdir(), 'hebb-bpe-'));
    try {
      const paths = [join(folder, 'a.txt'), join(folder, 'b.txt')];
      await writeFile(paths[0] ?? '', lines.slice(0, 1).join(''));
      await writeFile(paths[1] ?? '', lines.slice(1).join(''));
      expect((await ByteLevelBPE.trainFromFiles(paths, options)).toJSON()).toEqual(expected);
      await expect(ByteLevelBPE.trainFromFiles(join(folder, 'absent.txt'))).rejects.toThrow(
        /cannot read .*absent\.txt/,
      );
      await writeFile(paths[0] ?? '', Uint8Array.of(0x61, 0xff, 0x62));
      await expect(ByteLevelBPE.trainFromFiles(paths)).rejects.toThrow(/a\.txt is not text in UTF-8/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('does not count special tokens that are written out in the texts', async () => {
    const options = { vocabularySize: 300, specialTokens: ['<eos>'] };
    const tokenizer = await ByteLevelBPE.train(['ab<eos>ab<eos>ab<eos>'], options);
    expect(tokenizer.merges).toEqual([['a', 'b']]);
    expect(tokenizer.vocabulary[0]).toBe('<eos>');
  });

  it('says how far it is, and stops where it is told to', async () => {
    const told: string[] = [];
    let [done, total] = [0, 0];
    await ByteLevelBPE.train(['abab abab cdcd'], {
      vocabularySize: 258,
      onProgress: (progress) => {
        told.push(progress.phase);
        done = progress.done;
        total = progress.total ?? 0;
      },
    });
    expect(told).toEqual(['counting', 'merging']);
    expect([done, total]).toEqual([2, 2]);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(ByteLevelBPE.train('abc', { signal })).rejects.toThrow('enough');
    const controller = new AbortController();
    function* endless(): Generator<string> {
      for (let i = 0; ; i++) {
        if (i === 100) controller.abort(new Error('late'));
        yield `word${i} `.repeat(200);
      }
    }
    await expect(ByteLevelBPE.train(endless(), { signal: controller.signal })).rejects.toThrow('late');
  });

  it('refuses what cannot be, and says what can', async () => {
    const train = (texts: unknown, options: object = {}): Promise<unknown> =>
      ByteLevelBPE.train(texts as string, options);
    for (const none of [[], '', ['', '']])
      await expect(ByteLevelBPE.train(none)).rejects.toThrow('[train] the texts are empty: there is nothing to learn 30000 tokens from.'); // prettier-ignore
    await expect(ByteLevelBPE.train([], { vocabularySize: 3, alphabet: 'seen', specialTokens: ['<a>'] })).rejects.toThrow('are empty'); // prettier-ignore
    expect((await ByteLevelBPE.train([], { vocabularySize: 256 })).vocabularySize).toBe(256);
    expect((await ByteLevelBPE.train('aa aa', { vocabularySize: 300 })).vocabularySize).toBe(257);
    await expect(train('a', { vocabularySize: 255 })).rejects.toThrow(/vocabularySize must be an integer from 256/);
    await expect(train('a', { vocabularySize: 256, specialTokens: ['<eos>'] })).rejects.toThrow(/from 257/);
    await expect(train('a', { vocabularySize: 1e12 })).rejects.toThrow(TokenizerError);
    await expect(train('a', { minFrequency: -1 })).rejects.toThrow(/minFrequency must be an integer from 0/);
    await expect(train('a', { limitAlphabet: 3 })).rejects.toThrow(/limitAlphabet needs alphabet: 'seen'/);
    await expect(train('a', { alphabet: 'latin' })).rejects.toThrow(/alphabet must be 'bytes' or 'seen', not "latin"/);
    await expect(train('a', { vocabSize: 300 })).rejects.toThrow(/no option 'vocabSize'.*\n.*vocabularySize/);
    await expect(train('a', { specialTokens: 'x' })).rejects.toThrow(/specialTokens must be an array/);
    await expect(train('a', { specialTokens: [''] })).rejects.toThrow(/non-empty string/);
    await expect(train('a', { specialTokens: ['é'] })).rejects.toThrow(/special token "é" is how bytes/);
    await expect(train(['a', 5])).rejects.toThrow(/text 1 is 5/);
    await expect(train(7)).rejects.toThrow(/iterable of strings, got 7/);
  });
});

describe('GPT-2', () => {
  const small = ByteLevelBPE.fromGPT2(gpt2.encoder, gpt2.merges);

  it('gives the ids of OpenAI’s program for 300 strings', () => {
    expect(gpt2.vectors.length).toBe(300);
    for (const { text, ids } of gpt2.vectors) {
      expect([...small.encode(text, { parseSpecialTokens: false })], JSON.stringify(text)).toEqual(ids);
      expect(small.decode(ids)).toBe(text);
    }
  });

  // The whole vocabulary lies beside the project where it is built; what of it these strings meet is in the test above.
  const folder = new URL('../../../../shared/data/tokenizers/gpt2/', import.meta.url);
  it.runIf(existsSync(folder))('gives them with the whole vocabulary, too, through tokenizer.json and back', () => {
    const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
    const whole = ByteLevelBPE.fromGPT2(read('encoder.json'), read('vocab.bpe'));
    expect(whole.vocabularySize).toBe(50257);
    expect([...whole.encode('a<|endoftext|>')]).toEqual([64, 50256]);
    const vectors = JSON.parse(read('vectors.json')) as { text: string; ids: number[] }[];
    for (const tokenizer of [whole, ByteLevelBPE.fromJSON(JSON.stringify(whole))]) {
      for (const { text, ids } of vectors) {
        expect([...tokenizer.encode(text, { parseSpecialTokens: false })], JSON.stringify(text)).toEqual(ids);
        expect(tokenizer.decode(ids)).toBe(text);
      }
    }
  });

  it('reads merges without the line of the version, and with carriage returns', () => {
    const lines = gpt2.merges.split('\n').slice(1).join('\r\n');
    expect(ByteLevelBPE.fromGPT2(JSON.stringify(gpt2.encoder), lines).toJSON()).toEqual(small.toJSON());
  });

  it('says what is wrong with the files', () => {
    expect(() => ByteLevelBPE.fromGPT2(gpt2.merges, JSON.stringify(gpt2.encoder))).toThrow(/not valid JSON/);
    expect(() => ByteLevelBPE.fromGPT2(gpt2.encoder, 'a b c\n')).toThrow(/merges\[0\]: expected "a b"/);
    expect(() => ByteLevelBPE.fromGPT2(gpt2.encoder, 'zz qq\n')).toThrow(/"zz" is not in model.vocab/);
    expect(() => ByteLevelBPE.fromGPT2(gpt2.encoder, gpt2.merges, { specialTokens: ['<no>'] })).toThrow(/<no>/);
    expect(() => ByteLevelBPE.fromGPT2(gpt2.encoder, undefined as unknown as string)).toThrow(
      /its text, got undefined/,
    );
  });
});

describe('encoding', () => {
  const text =
    "low lower lowest, new newer newest; wide wider widest. 世界 世界 😀😀 naïve naïve  \n\n ab1234 don't we'll";

  it('is that of the textbook for seeded random Unicode, and comes back', async () => {
    const tokenizer = await ByteLevelBPE.train([text, text], { vocabularySize: 400, minFrequency: 0 });
    const next = random(11);
    const ranges = [[0x20, 0x7f], [0, 0x20], [0x61, 0x64], [0xa0, 0x250], [0x300, 0x370], [0x600, 0x700], [0x2000, 0x2100], [0x4e00, 0x4e20], [0xfe00, 0x10000], [0x1f300, 0x1f700], [0x10000, 0x110000]] as const; // prettier-ignore
    for (let round = 0; round < 1500; round++) {
      let sample = '';
      for (let length = next(30); length > 0; length--) {
        const [from, to] = ranges[next(ranges.length)] ?? [97, 98];
        const codePoint = from + next(to - from);
        sample +=
          next(3) === 0
            ? (words(text)[next(30)] ?? '')
            : String.fromCodePoint(codePoint >= 0xd800 && codePoint < 0xe000 ? 0x27 : codePoint);
      }
      const ids = tokenizer.encode(sample);
      expect([...ids], JSON.stringify(sample)).toEqual(naive(tokenizer, sample));
      expect(tokenizer.decode(ids)).toBe(sample);
      const decoder = tokenizer.decoder();
      expect(Array.from(ids, (id) => decoder.push(id)).join('') + decoder.end()).toBe(sample);
      const { offsets } = tokenizer.encodeWithOffsets(sample);
      let end = 0;
      for (let i = 0; i < ids.length; i++) {
        const [from, to] = [offsets[2 * i] ?? -1, offsets[2 * i + 1] ?? -1];
        expect(from <= end && end <= to && from < to, JSON.stringify(sample)).toBe(true);
        const own = tokenizer.decode([ids[i] ?? 0]);
        if (!own.includes('\ufffd')) expect(sample.slice(from, to)).toBe(own);
        end = to;
      }
      expect(end).toBe(sample.length);
    }
  });

  it('merges long words as short ones, in less than quadratic time', async () => {
    const tokenizer = await ByteLevelBPE.train(['aaaa abab aabb bbaa abba baab', 'abab aaaa'], {
      vocabularySize: 290,
      minFrequency: 0,
    });
    const next = random(3);
    for (const length of [2, 47, 48, 49, 50, 300, 1000]) {
      for (let round = 0; round < 10; round++) {
        const word = Array.from({ length }, () => 'ab'[next(2)]).join('');
        expect([...tokenizer.encode(word)]).toEqual(naive(tokenizer, word));
      }
    }
    const million = Array.from({ length: 1_000_000 }, () => 'ab'[next(2)]).join('');
    expect(tokenizer.decode(tokenizer.encode(million))).toBe(million); // hours, if every merge looked through the word
    const spaces = ' '.repeat(1_000_000);
    expect(tokenizer.encode(spaces).length).toBe(1_000_000);
  });

  it('reads half a character as U+FFFD', async () => {
    const tokenizer = await ByteLevelBPE.train('', { vocabularySize: 256 });
    expect(tokenizer.decode(tokenizer.encode('a\ud83db\ude00'))).toBe('a\ufffdb\ufffd');
    expect([...tokenizer.encodeWithOffsets('\ude00é').offsets]).toEqual([0, 1, 0, 1, 0, 1, 1, 2, 1, 2]);
    expect(tokenizer.encode('')).toEqual(new Uint32Array(0));
  });

  it('decodes bytes that are no UTF-8 to U+FFFD, and keeps a byte order mark', async () => {
    const tokenizer = await ByteLevelBPE.train('', { vocabularySize: 256 });
    const idOf = (byte: number): number => tokenizer.idOf(byteSpelling[byte] ?? '') ?? -1;
    expect(tokenizer.decode([0xf0, 0x9f, 0x98].map(idOf))).toBe('\ufffd');
    expect(tokenizer.decode([0x61, 0xff, 0x62, 0xc3].map(idOf))).toBe('a\ufffdb\ufffd');
    expect(tokenizer.decode(tokenizer.encode('\ufeffa\ufeff'))).toBe('\ufeffa\ufeff');
    const decoder = tokenizer.decoder();
    expect([0xf0, 0x9f, 0x98, 0x80, 0xe4].map((byte) => decoder.push(idOf(byte)))).toEqual(['', '', '', '😀', '']);
    expect([decoder.end(), decoder.push(idOf(0x61)), decoder.end()]).toEqual(['\ufffd', 'a', '']);
    expect(() => tokenizer.decode([0, 256])).toThrow(/id 256 at position 1 .* from 0 to 255/);
    expect(() => tokenizer.decode([-1])).toThrow(TokenizerError);
    expect(() => tokenizer.decode([0.5])).toThrow(TokenizerError);
    expect(() => tokenizer.decode(3 as unknown as number[])).toThrow(/expected ids/);
  });

  it('finds special tokens first, the longest, unless the text is not one’s own', async () => {
    const specialTokens = ['<s>', '<s>>', '[^a]', ' end'];
    const tokenizer = await ByteLevelBPE.train('', { vocabularySize: 260, specialTokens });
    expect([...tokenizer.encode('<s><s>>[^a] end')]).toEqual([0, 1, 2, 3]);
    expect(tokenizer.encode('<s>', { parseSpecialTokens: false }).length).toBe(3);
    expect(tokenizer.decode(tokenizer.encode('a<s>b'), { skipSpecialTokens: true })).toBe('ab');
    expect(tokenizer.specialTokens).toEqual(specialTokens);
  });

  it('names a character whose bytes are not in the vocabulary', async () => {
    const tokenizer = await ByteLevelBPE.train('abc', { alphabet: 'seen' });
    expect(tokenizer.vocabulary).toEqual(['a', 'b', 'c']);
    expect(() => tokenizer.encode('ab\ncé')).toThrow(/U\+000A.*position 2 \(line 1, column 3\).*\n.*alphabet: 'bytes'/);
    const prefixed = await ByteLevelBPE.train('a bc', { alphabet: 'seen', addPrefixSpace: true });
    expect(() => prefixed.encodeWithOffsets('ab世')).toThrow(/'世' \(U\+4E16\) at position 2/);
  });
});

describe('batches', () => {
  it('pads, cuts and masks', async () => {
    const tokenizer = await ByteLevelBPE.train('', { vocabularySize: 257, specialTokens: ['<pad>'] });
    const id = (character: string): number => tokenizer.idOf(character) ?? -1;
    const [a, b, c] = [id('a'), id('b'), id('c')];
    const batch = tokenizer.encodeBatch(['abc', '', 'a'], { maxLength: 2 });
    expect(batch.shape).toEqual([3, 2]);
    expect([...batch.ids]).toEqual([a, b, 0, 0, a, 0]);
    expect([...batch.attentionMask]).toEqual([1, 1, 0, 0, 1, 0]);
    expect([...batch.lengths]).toEqual([2, 0, 1]);
    expect([...batch.offsets]).toEqual([0, 1, 1, 2, 0, 0, 0, 0, 0, 1, 0, 0]);
    const other = tokenizer.encodeBatch(['abc', 'a'], { maxLength: 2, truncate: 'start', length: 3, pad: 'start' });
    expect([...other.ids]).toEqual([0, b, c, 0, 0, a]);
    expect([...other.attentionMask]).toEqual([0, 1, 1, 0, 0, 1]);
    expect([...other.offsets].slice(2, 6)).toEqual([1, 2, 2, 3]);
    expect(tokenizer.encodeBatch([]).shape).toEqual([0, 0]);
    expect(() => tokenizer.encodeBatch(['ab', 'abc'], { length: 2 })).toThrow(
      /text 1 has 3 tokens, more than length, 2/,
    );
    expect(() => tokenizer.encodeBatch(['ab', 'abc'], { padToken: '<no>' })).toThrow(/no token "<no>"/);
    expect(() => tokenizer.encodeBatch(['a'], { maxLength: 1.5 })).toThrow(/maxLength must be an integer/);
    expect(() => tokenizer.encodeBatch(['a'], { pad: 'left' as 'start' })).toThrow(/pad must be 'start' or 'end'/);
    expect(() => tokenizer.encodeBatch('a')).toThrow(/expected an array of strings/);
  });
});
