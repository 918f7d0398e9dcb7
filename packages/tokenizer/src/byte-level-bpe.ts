/** GPT-2's tokenizer: byte-pair encoding over the bytes of UTF-8, so that there is no unknown text. */
import {
  batchOf,
  batchOptions,
  type BatchEncoding,
  type EncodeBatchOptions,
  type Encoding,
} from './byte-level/batch.ts';
import { bytesOfSpelling, byteCharacters, utf8 } from './byte-level/bytes.ts';
import { countWords, type Texts } from './byte-level/count-words.ts';
import { StreamDecoder, type TokenBytes } from './byte-level/decoder.ts';
import { Ids, WordEncoder } from './byte-level/encoder.ts';
import {
  readDefinition,
  readGPT2,
  writeDefinition,
  type ByteLevelBPEJSON,
  type Definition,
} from './byte-level/file.ts';
import { dropping, type DropoutOptions } from './byte-level/dropout.ts';
import { PairTable } from './byte-level/pair-table.ts';
import { Pauses, type TrainingProgress } from './byte-level/progress.ts';
import { learnMerges } from './byte-level/train.ts';
import { lengthAt } from './byte-level/words.ts';
import { TokenizerError } from './errors.ts';
import { parseFile, readLines, readTextFile, writeTextFile } from './files.ts';
import { checkOptions, describe, requireBoolean, requireListeners, type OptionNames } from './options.ts';
import { place, quote } from './quoting.ts';
import { patternOf, requireSpecialTokens, split, type Piece } from './special-tokens.ts';
import { decodeOptions, encodeOptions, type DecodeOptions, type EncodeOptions } from './tokenizer.ts';

export interface ByteLevelBPEOptions {
  /** Tokens to end with: special tokens, the bytes of the alphabet, and what is merged; fewer where the texts have no more pairs that often, which `vocabularySize` of the tokenizer says. Default 30,000. */
  vocabularySize?: number;
  /** How often a pair of tokens must be in the texts to be merged. Default 2. */
  minFrequency?: number;
  /** Strings that are one token each wherever they occur in a text, e.g. `['<pad>', '<eos>']`; their ids are 0, 1, … Default: none. */
  specialTokens?: readonly string[];
  /**
   * `'bytes'` (default): all 256, so that every text can be encoded. `'seen'`: those of the texts alone, for small models of one language;
   * encoding another byte is an error.
   */
  alphabet?: 'bytes' | 'seen';
  /** With `'seen'`: how many bytes at most, the most frequent; others are left out of the training texts. Default: all. */
  limitAlphabet?: number;
  /** Put a space before a text that has none, so that its first word is the token that it is elsewhere. Decoding keeps it. Default `false`. */
  addPrefixSpace?: boolean;
  /** Called several times a second. */
  onProgress?: (progress: TrainingProgress) => void;
  /** Stops the training: the promise is rejected with its reason. */
  signal?: AbortSignal;
}

export interface GPT2FilesOptions {
  /** Entries of the vocabulary that are special tokens. Default `['<|endoftext|>']`. */
  specialTokens?: readonly string[];
  /** As for `train`. Default `false`. */
  addPrefixSpace?: boolean;
}

/** How a text becomes ids. */
export interface ByteLevelEncodeOptions extends EncodeOptions, DropoutOptions {}

interface Settings {
  readonly parseSpecialTokens: boolean;
  readonly isDropped: (() => boolean) | undefined;
}

const byteLevelEncodeOptions: OptionNames<ByteLevelEncodeOptions> = {
  ...encodeOptions,
  mergeDropout: true,
  seed: true,
};

const trainOptions: OptionNames<ByteLevelBPEOptions> = {
  vocabularySize: true,
  minFrequency: true,
  specialTokens: true,
  alphabet: true,
  limitAlphabet: true,
  addPrefixSpace: true,
  onProgress: true,
  signal: true,
};
const gpt2Options: OptionNames<GPT2FilesOptions> = { specialTokens: true, addPrefixSpace: true };

/**
 * Byte-pair encoding over bytes, as GPT-2 has it (Radford et al. 2019, "Language models are unsupervised multitask learners").
 *
 * A text is cut at its special tokens, then into words by GPT-2's rule (a space belongs to the word behind it, `'s` and its kind are words, white space and
 * punctuation are words). The UTF-8 of a word is merged, pair by pair, in the order in which training found the pairs, most frequent first. Nothing is normalised and nothing is unknown:
 * for well-formed text `decode(encode(text)) === text` (with `addPrefixSpace`, with a space in front). Half a character, a lone surrogate, is encoded as U+FFFD.
 *
 * Ids: special tokens as given, the bytes of the alphabet, then what was merged. Training, file and ids are those of Hugging Face's `tokenizers`
 * (`BpeTrainer`; of equally frequent pairs the one of smaller ids is merged first), save that special tokens written out in the training texts are not counted.
 *
 * ```ts
 * import { ByteLevelBPE } from '@hebb/tokenizer';
 *
 * const tokenizer = await ByteLevelBPE.train(['the cat', 'the hat', 'the bat'], { vocabularySize: 261 });
 * const ids = tokenizer.encode('the bath'); // Uint32Array [258, 220, 65, 256, 71]
 * Array.from(ids, (id) => tokenizer.vocabulary[id]); // ['the', 'Ġ', 'b', 'at', 'h']
 * tokenizer.decode(ids); // 'the bath'
 * ```
 */
export class ByteLevelBPE {
  /** Tokens by id: special ones as they are, others as files spell their bytes, a space as `Ġ`. */
  readonly vocabulary: readonly string[];
  /** The special tokens in order of id. */
  readonly specialTokens: readonly string[];
  readonly addPrefixSpace: boolean;
  readonly #definition: Definition;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #special: ReadonlySet<number>;
  readonly #encoder: WordEncoder;
  readonly #bytes: TokenBytes;
  /** How many bytes of a text each token stands for. */
  readonly #byteCounts: Int32Array;
  /** Added tokens are looked for in two rounds; where special tokens are not to be parsed, in two others. */
  readonly #patterns: {
    readonly all: readonly (RegExp | undefined)[];
    readonly plain: readonly (RegExp | undefined)[];
  };

  private constructor(definition: Definition) {
    const { spellings, merges, added, addPrefixSpace, unknownToken } = definition;
    this.#definition = definition;
    this.addPrefixSpace = addPrefixSpace;
    const contents = new Map(added.map(({ id, content }) => [id, content]));
    this.vocabulary = Object.freeze(spellings.map((spelling, id) => contents.get(id) ?? spelling ?? ''));
    const special = added.filter((token) => token.special);
    this.#special = new Set(special.map(({ id }) => id));
    this.specialTokens = Object.freeze(special.sort((a, b) => a.id - b.id).map(({ content }) => content));
    const idOfSpelling = new Map(spellings.map((spelling, id) => [spelling, id]));
    this.#ids = new Map([
      ...spellings.flatMap((spelling, id) => (spelling === undefined ? [] : [[spelling, id] as const])),
      ...added.map(({ content, id }) => [content, id] as const),
    ]);

    const pairs = new PairTable(merges.length + 1);
    const results = Int32Array.from(merges, ([a, b]) => {
      pairs.add(a, b);
      return idOfSpelling.get(`${spellings[a] ?? ''}${spellings[b] ?? ''}`) ?? -1;
    });
    const unknownId = unknownToken === undefined ? undefined : idOfSpelling.get(unknownToken);
    const known = byteCharacters.map((character) => idOfSpelling.get(character));
    this.#encoder = new WordEncoder(
      { pairs, results },
      Int32Array.from(known, (id) => id ?? unknownId ?? -1),
    );

    const tokens = spellings.map((spelling, id) => {
      const content = contents.get(id);
      return content === undefined ? (bytesOfSpelling(spelling ?? '') ?? new Uint8Array()) : utf8(content);
    });
    const starts = new Int32Array(tokens.length + 1);
    for (const [id, bytes] of tokens.entries()) starts[id + 1] = (starts[id] ?? 0) + bytes.length;
    const bytes = new Uint8Array(starts.at(-1) ?? 0);
    for (const [id, token] of tokens.entries()) bytes.set(token, starts[id]);
    this.#bytes = { bytes, starts };
    this.#byteCounts = Int32Array.from(tokens, (token) => token.length);
    if (unknownId !== undefined && known.includes(undefined)) this.#byteCounts[unknownId] = 1;

    const round = (normalized: boolean, tokens: typeof added): RegExp | undefined =>
      patternOf(tokens.filter((token) => token.normalized === normalized).map(({ content }) => content));
    const plain = added.filter((token) => !token.special);
    this.#patterns = {
      all: [round(false, added), round(true, added)],
      plain: [round(false, plain), round(true, plain)],
    };
  }

  /**
   * Learns a vocabulary from texts: a string, or an iterable or async iterable of strings, read once and one at a time. Words do not reach over the ends of
   * texts. Memory holds the different words of the texts, not the texts.
   *
   * @throws TokenizerError if a text is not a string, a special token is empty, or a number is none that can be; and if all texts are empty where more is asked for than bytes and special tokens.
   */
  static async train(texts: Texts, options: ByteLevelBPEOptions = {}): Promise<ByteLevelBPE> {
    checkOptions('train', options, trainOptions);
    const { specialTokens = [], addPrefixSpace = false, onProgress, signal } = options;
    const { vocabularySize = 30_000, minFrequency = 2, alphabet = 'bytes', limitAlphabet = 256 } = options;
    requireSpecialTokens('train', specialTokens);
    requireBoolean('train', 'addPrefixSpace', addPrefixSpace);
    requireListeners('train', onProgress, signal);
    if (alphabet !== 'bytes' && alphabet !== 'seen')
      throw new TokenizerError(`[train] alphabet must be 'bytes' or 'seen', not ${describe(alphabet)}.`);
    requireCount('minFrequency', minFrequency, 0);
    requireCount('limitAlphabet', limitAlphabet, 1);
    if (alphabet === 'bytes' && options.limitAlphabet !== undefined)
      throw new TokenizerError("[train] limitAlphabet needs alphabet: 'seen'; all bytes are the default.");
    const special = [...new Set(specialTokens)];
    const least = special.length + (alphabet === 'bytes' ? 256 : 0);
    requireCount('vocabularySize', vocabularySize, least);

    const pauses = new Pauses(onProgress, signal);
    const words = await countWords(texts, { addPrefixSpace, specialPattern: patternOf(special), pauses });
    if (words.size === 0 && vocabularySize > least)
      throw new TokenizerError(
        `[train] the texts are empty: there is nothing to learn ${vocabularySize} tokens from.`,
        {
          hint: `Were they read, and is an iterator among them that has been read before? Of bytes and special tokens alone: { vocabularySize: ${least} }.`,
        },
      );
    const merging = (done: number): TrainingProgress => ({ phase: 'merging', done, total: vocabularySize - least });
    const { vocabulary, merges } = await learnMerges(words, {
      vocabularySize,
      minFrequency,
      specialTokens: special,
      alphabet,
      limitAlphabet,
      onMerge: (done) => pauses.maybe(() => merging(done)),
    });
    pauses.tell(merging(merges.length));
    return new ByteLevelBPE({
      spellings: vocabulary,
      merges,
      added: special.map((content, id) => ({ id, content, special: true, normalized: false })),
      addPrefixSpace,
      trimOffsets: false,
      unknownToken: undefined,
    });
  }

  /**
   * Learns from the lines of UTF-8 files (Node only), with their line feeds: {@link ByteLevelBPE.train} of them one after another.
   *
   * @throws TokenizerError as `train`, and for a file that cannot be read or is not UTF-8.
   */
  static async trainFromFiles(
    paths: string | readonly string[],
    options: ByteLevelBPEOptions = {},
  ): Promise<ByteLevelBPE> {
    const list = typeof paths === 'string' ? [paths] : paths;
    if (!Array.isArray(list)) throw new TokenizerError(`[trainFromFiles] expected paths, got ${describe(paths)}.`);
    async function* lines(): AsyncGenerator<string, void, undefined> {
      for (const path of list) yield* readLines(path);
    }
    return await ByteLevelBPE.train(lines(), options);
  }

  /** Number of tokens, special ones included: the number of rows of an embedding table. */
  get vocabularySize(): number {
    return this.vocabulary.length;
  }

  /** What is merged, first to last, spelled as in {@link ByteLevelBPE.vocabulary}. */
  get merges(): (readonly [string, string])[] {
    const { spellings, merges } = this.#definition;
    return merges.map(([a, b]) => [spellings[a] ?? '', spellings[b] ?? '']);
  }

  /** The id of a token, special or as {@link ByteLevelBPE.vocabulary} spells it, or `undefined` if there is none. */
  idOf(token: string): number | undefined {
    if (typeof token !== 'string') throw new TokenizerError(`[idOf] expected a string, got ${describe(token)}.`);
    return this.#ids.get(token);
  }

  /**
   * The ids of a text; a special token written out in it is one id (where several match at one place, the longest).
   *
   * @throws TokenizerError for a byte outside the vocabulary, which only `alphabet: 'seen'` has.
   */
  encode(text: string, options: ByteLevelEncodeOptions = {}): Uint32Array {
    const ids = new Ids();
    this.#walk('encode', text, this.#settings('encode', options), (word) => ids.push(word));
    return ids.slice();
  }

  /**
   * The ids of a text, and for each of them the characters that it stands for.
   *
   * ```ts
   * const tokenizer = await ByteLevelBPE.train('', { vocabularySize: 256 });
   * tokenizer.encodeWithOffsets('né').offsets; // Uint32Array [0, 1, 1, 2, 1, 2]
   * ```
   *
   * @throws TokenizerError as `encode`.
   */
  encodeWithOffsets(text: string, options: ByteLevelEncodeOptions = {}): Encoding {
    return this.#encodeWithOffsets(text, this.#settings('encodeWithOffsets', options));
  }

  #encodeWithOffsets(text: string, settings: Settings): Encoding {
    const ids = new Ids();
    const offsets = new Ids();
    const span = new Uint32Array(2);
    this.#walk('encodeWithOffsets', text, settings, (word, start, end, special, virtual) => {
      ids.push(word);
      // The place that is looked at, and the bytes of its character that are not yet in a token.
      let at = start;
      let left = virtual ? -1 : bytesAt(text, at);
      for (const id of word) {
        const from = at;
        let to = special ? end : at;
        for (let bytes = special ? 0 : (this.#byteCounts[id] ?? 0); bytes > 0;) {
          to = Math.min(at + lengthAt(text, at), end);
          if (left < 0) {
            left = bytesAt(text, at); // the space that is not in the text
            bytes--;
            continue;
          }
          const taken = Math.min(left, bytes);
          bytes -= taken;
          left -= taken;
          if (left > 0) continue;
          at = to;
          left = bytesAt(text, at);
        }
        span[0] = from;
        span[1] = to;
        if (this.#definition.trimOffsets && !special) trim(text, span);
        offsets.push(span);
      }
    });
    return { ids: ids.slice(), offsets: offsets.slice() };
  }

  /**
   * Texts as rows of one length, padded and cut, for a model that takes `[rows, length]` and a mask.
   *
   * ```ts
   * const tokenizer = await ByteLevelBPE.train('', { vocabularySize: 257, specialTokens: ['<pad>'] });
   * const { shape, ids, attentionMask } = tokenizer.encodeBatch(['ab', 'c']);
   * shape; // [2, 2]
   * ids; // Uint32Array [65, 66, 67, 0]
   * attentionMask; // Uint8Array [1, 1, 1, 0]
   * ```
   *
   * @throws TokenizerError as `encode`, for a text that is longer than `length`, and where padding is needed and there is no `padToken`.
   */
  encodeBatch(texts: Iterable<string>, options: EncodeBatchOptions = {}): BatchEncoding {
    checkOptions('encodeBatch', options, batchOptions);
    if (typeof texts !== 'object' || texts === null || typeof texts[Symbol.iterator] !== 'function')
      throw new TokenizerError(`[encodeBatch] expected an array of strings, got ${describe(texts)}.`);
    // One row of draws for all texts: equal ones are not cut alike.
    const { parseSpecialTokens, mergeDropout, seed } = options;
    const settings = this.#settings('encodeBatch', { ...(parseSpecialTokens !== undefined && { parseSpecialTokens }), ...(mergeDropout !== undefined && { mergeDropout }), ...(seed !== undefined && { seed }) }); // prettier-ignore
    const encodings = Array.from(texts, (text) => this.#encodeWithOffsets(text, settings));
    return batchOf(encodings, options, (token) => this.idOf(token));
  }

  /**
   * The text of `ids`. Bytes that are no UTF-8, such as a part of a character, are U+FFFD.
   *
   * @throws TokenizerError for an id that is not an integer from 0 to `vocabularySize - 1`.
   */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    if (typeof ids === 'number')
      throw new TokenizerError(`[decode] expected ids, an array of integers, got ${describe(ids)}.`);
    const decoder = this.decoder(options);
    return decoder.push(ids) + decoder.end();
  }

  /** Decodes ids as they come, for text that is being generated. */
  decoder(options: DecodeOptions = {}): StreamDecoder {
    checkOptions('decode', options, decodeOptions);
    const { skipSpecialTokens = false } = options;
    requireBoolean('decode', 'skipSpecialTokens', skipSpecialTokens);
    return new StreamDecoder(this.#bytes, skipSpecialTokens ? this.#special : new Set());
  }

  /** The tokenizer as a Hugging Face `tokenizer.json` object, which Hugging Face's `tokenizers` loads as it is. */
  toJSON(): ByteLevelBPEJSON {
    return writeDefinition(this.#definition);
  }

  /**
   * Makes a tokenizer from a Hugging Face `tokenizer.json`, as an object or as text: a BPE model with the pre-tokenizer and the decoder `ByteLevel`.
   *
   * @throws TokenizerError that lists what in the file is damaged, or asks for what this class does not do.
   */
  static fromJSON(json: unknown): ByteLevelBPE {
    return new ByteLevelBPE(readDefinition(json));
  }

  /** Writes {@link ByteLevelBPE.toJSON} to a file (Node only), through a temporary file that is renamed. */
  async save(path: string): Promise<void> {
    await writeTextFile(path, `${JSON.stringify(this.toJSON(), null, 2)}\n`);
  }

  /**
   * Reads a `tokenizer.json` (Node only).
   *
   * @throws TokenizerError naming the file, if it cannot be read or as `fromJSON`.
   */
  static async load(path: string): Promise<ByteLevelBPE> {
    return await parseFile(path, (text) => ByteLevelBPE.fromJSON(text));
  }

  /**
   * Makes a tokenizer from the contents of GPT-2's two files: `encoder.json` (also named `vocab.json`), an object or its text, and `vocab.bpe` (`merges.txt`).
   *
   * @throws TokenizerError that lists what in them is wrong.
   */
  static fromGPT2(encoder: unknown, merges: string, options: GPT2FilesOptions = {}): ByteLevelBPE {
    checkOptions('fromGPT2', options, gpt2Options);
    const { specialTokens = ['<|endoftext|>'], addPrefixSpace = false } = options;
    requireSpecialTokens('fromGPT2', specialTokens);
    requireBoolean('fromGPT2', 'addPrefixSpace', addPrefixSpace);
    return new ByteLevelBPE(readGPT2(encoder, merges, { specialTokens, addPrefixSpace }));
  }

  /** Reads GPT-2's two files (Node only): {@link ByteLevelBPE.fromGPT2} of their contents. */
  static async loadGPT2(
    encoderPath: string,
    mergesPath: string,
    options: GPT2FilesOptions = {},
  ): Promise<ByteLevelBPE> {
    const merges = await readTextFile(mergesPath);
    return await parseFile(encoderPath, (encoder) => ByteLevelBPE.fromGPT2(encoder, merges, options));
  }

  #settings(where: string, options: ByteLevelEncodeOptions): Settings {
    checkOptions(where, options, byteLevelEncodeOptions);
    const { parseSpecialTokens = true } = options;
    requireBoolean(where, 'parseSpecialTokens', parseSpecialTokens);
    return { parseSpecialTokens, isDropped: dropping(where, options) };
  }

  /** Calls `found` with the ids of each word and special token of a text, and with where it stands; `virtual`: behind a space that is not in the text. */
  #walk(
    where: string,
    text: string,
    { parseSpecialTokens, isDropped }: Settings,
    found: (ids: Uint32Array, start: number, end: number, special: boolean, virtual: boolean) => void,
  ): void {
    if (typeof text !== 'string') throw new TokenizerError(`[${where}] expected a string, got ${describe(text)}.`);
    for (const { start, end, special } of this.#pieces(text, parseSpecialTokens)) {
      if (special) {
        found(Uint32Array.of(this.#ids.get(text.slice(start, end)) ?? 0), start, end, true, false);
      } else if (this.addPrefixSpace && text.charAt(start) !== ' ') {
        const piece = ` ${text.slice(start, end)}`;
        const shift = start - 1;
        this.#encoder.forEachWord(
          piece,
          0,
          piece.length,
          (ids, from, to) => found(ids, Math.max(from + shift, start), to + shift, false, from === 0),
          (at) => this.#unknown(where, text, Math.max(at + shift, start)),
          isDropped,
        );
      } else {
        const unknown = (at: number): TokenizerError => this.#unknown(where, text, at);
        this.#encoder.forEachWord(text, start, end, (ids, from, to) => found(ids, from, to, false, false), unknown, isDropped); // prettier-ignore
      }
    }
  }

  *#pieces(text: string, parseSpecialTokens: boolean): Generator<Piece, void, undefined> {
    const [first, second] = parseSpecialTokens ? this.#patterns.all : this.#patterns.plain;
    for (const piece of split(text, first)) {
      if (piece.special || second === undefined) yield piece;
      else yield* split(text, second, piece.start, piece.end);
    }
  }

  #unknown(where: string, text: string, at: number): TokenizerError {
    return new TokenizerError(
      `[${where}] the character ${quote(text.codePointAt(at) ?? 0)} at ${place(text, at)} has bytes that are not in the vocabulary.`,
      { hint: "Train with alphabet: 'bytes', the default, or on texts that contain it." },
    );
  }
}

/** Bytes of the UTF-8 of the character at a place, half a one being U+FFFD. */
function bytesAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  return lengthAt(text, at) === 2 ? 4 : 3;
}

/** Leaves the spaces at its ends out of a span. */
function trim(text: string, span: Uint32Array): void {
  let [start = 0, end = 0] = span;
  while (start < end && text.charAt(start) === ' ') start++;
  while (start < end && text.charAt(end - 1) === ' ') end--;
  span[0] = start;
  span[1] = end;
}

function requireCount(name: string, value: unknown, least: number): void {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value < 2 ** 31) return;
  const what = name === 'vocabularySize' ? ', the special tokens and the bytes of the alphabet' : '';
  throw new TokenizerError(`[train] ${name} must be an integer from ${least}${what}, got ${describe(value)}.`);
}
