/** The smallest tokenizer: one token per Unicode code point, plus whole-string special tokens. */
import { TokenizerError } from './errors.ts';
import { parseFile, writeTextFile } from './files.ts';
import { checkOptions, describe, requireBoolean, type OptionNames } from './options.ts';
import { hex, place, quote } from './quoting.ts';
import { patternOf, requireSpecialToken, requireSpecialTokens, split } from './special-tokens.ts';
import { anyCharacter, parseJSON, readTokenizer, type TokenizerJSON } from './tokenizer-json.ts';
import { decodeOptions, encodeOptions, type DecodeOptions, type EncodeOptions } from './tokenizer.ts';

export interface CharacterTokenizerOptions {
  /** Text of the token that stands for every character outside the vocabulary, e.g. `'<unk>'`. Default: none. */
  unknownToken?: string;
  /** Strings that are one token each wherever they occur in a text, e.g. `['<pad>', '<eos>']`. Default: none. */
  specialTokens?: readonly string[];
}

const trainOptions: OptionNames<CharacterTokenizerOptions> = { unknownToken: true, specialTokens: true };

/**
 * A tokenizer whose tokens are single Unicode code points.
 *
 * Ids: the unknown token (if any) is 0, the special tokens follow in the order given, then the characters of the
 * training texts in ascending order of code point. The same texts give the same ids on every machine. A letter with a
 * combining mark is two tokens; an emoji outside the basic plane is one. Nothing is normalised, so for text made of
 * known characters `decode(encode(text)) === text`.
 *
 * ```ts
 * import { CharacterTokenizer } from '@hebb/tokenizer';
 *
 * const tokenizer = CharacterTokenizer.train('hello world');
 * tokenizer.vocabularySize; // 8
 * const ids = tokenizer.encode('low'); // Uint32Array [4, 5, 7]
 * tokenizer.decode(ids); // 'low'
 * ```
 */
export class CharacterTokenizer {
  /** Token texts; the id of a token is its index. */
  readonly vocabulary: readonly string[];
  readonly unknownToken: string | undefined;
  /** The special tokens in order of id, the unknown token among them. */
  readonly specialTokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  readonly #special: ReadonlySet<string>;
  readonly #specialPattern: RegExp | undefined;

  private constructor(vocabulary: readonly string[], special: ReadonlySet<string>, unknownToken: string | undefined) {
    this.vocabulary = Object.freeze([...vocabulary]);
    this.unknownToken = unknownToken;
    this.specialTokens = Object.freeze(this.vocabulary.filter((token) => special.has(token)));
    this.#special = special;
    this.#ids = new Map(this.vocabulary.map((token, id) => [token, id]));
    this.#specialPattern = patternOf(this.specialTokens);
  }

  /**
   * Makes the vocabulary from all characters of `texts`: a string, or an iterable of strings (read once, one text at a
   * time, so a generator over a large corpus is fine). Characters inside special tokens written out in the texts do
   * not count. Empty texts are allowed; the vocabulary then holds the special tokens only.
   *
   * @throws TokenizerError if a text is not a string or not well-formed Unicode, or if a special token is empty.
   */
  static train(texts: string | Iterable<string>, options: CharacterTokenizerOptions = {}): CharacterTokenizer {
    checkOptions('train', options, trainOptions);
    const { unknownToken, specialTokens = [] } = options;
    requireSpecialTokens('train', specialTokens);
    if (unknownToken !== undefined) requireSpecialToken('train', unknownToken);
    const special = new Set(unknownToken === undefined ? specialTokens : [unknownToken, ...specialTokens]);
    const specialPattern = patternOf([...special]);

    const codePoints = new Set<number>();
    let index = 0;
    for (const text of iterateTexts(texts)) {
      if (typeof text !== 'string') {
        throw new TokenizerError(`[train] expected strings, and text ${index} is ${describe(text)}.`);
      }
      for (const piece of split(text, specialPattern)) {
        if (piece.special) continue;
        for (let at = piece.start; at < piece.end;) {
          const codePoint = text.codePointAt(at) ?? 0;
          if (codePoint >= 0xd800 && codePoint <= 0xdfff) {
            throw new TokenizerError(
              `[train] text ${index} has half a character (the lone surrogate ${hex(codePoint)}) at ${place(text, at)}.`,
              { hint: 'The text was cut inside a character; cut it by code points, or pass text.toWellFormed().' },
            );
          }
          codePoints.add(codePoint);
          at += codePoint > 0xffff ? 2 : 1;
        }
      }
      index++;
    }
    const characters = [...codePoints].sort((a, b) => a - b).map((codePoint) => String.fromCodePoint(codePoint));
    const vocabulary = [...special, ...characters.filter((character) => !special.has(character))];
    return new CharacterTokenizer(vocabulary, special, unknownToken);
  }

  /** Number of tokens, special ones included: the number of rows of an embedding table. */
  get vocabularySize(): number {
    return this.vocabulary.length;
  }

  /** The id of a character or special token, or `undefined` if the vocabulary has none. */
  idOf(token: string): number | undefined {
    if (typeof token !== 'string') throw new TokenizerError(`[idOf] expected a string, got ${describe(token)}.`);
    return this.#ids.get(token);
  }

  /**
   * The ids of the characters of `text`, one per code point; a special token written out in the text is one id (where
   * several match at one place, the longest).
   *
   * @throws TokenizerError for a character outside the vocabulary, unless an unknown token was given.
   */
  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    if (typeof text !== 'string') throw new TokenizerError(`[encode] expected a string, got ${describe(text)}.`);
    checkOptions('encode', options, encodeOptions);
    const { parseSpecialTokens = true } = options;
    requireBoolean('encode', 'parseSpecialTokens', parseSpecialTokens);
    const unknownId = this.unknownToken === undefined ? undefined : this.#ids.get(this.unknownToken);
    const ids = new Uint32Array(text.length);
    let count = 0;
    for (const piece of split(text, parseSpecialTokens ? this.#specialPattern : undefined)) {
      if (piece.special) {
        ids[count++] = this.#ids.get(text.slice(piece.start, piece.end)) ?? 0;
        continue;
      }
      for (let at = piece.start; at < piece.end;) {
        const codePoint = text.codePointAt(at) ?? 0;
        const end = at + (codePoint > 0xffff ? 2 : 1);
        const id = this.#ids.get(text.slice(at, end)) ?? unknownId;
        if (id === undefined) throw this.#unknownCharacter(text, at, codePoint);
        ids[count++] = id;
        at = end;
      }
    }
    return ids.slice(0, count);
  }

  /**
   * The text of `ids`: the tokens one after another.
   *
   * @throws TokenizerError for an id that is not an integer from 0 to `vocabularySize - 1`.
   */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    checkOptions('decode', options, decodeOptions);
    const { skipSpecialTokens = false } = options;
    requireBoolean('decode', 'skipSpecialTokens', skipSpecialTokens);
    if (typeof ids !== 'object' || ids === null || typeof ids[Symbol.iterator] !== 'function')
      throw new TokenizerError(`[decode] expected ids, an array of integers, got ${describe(ids)}.`);
    const tokens: string[] = [];
    let position = 0;
    for (const id of ids) {
      const token = this.vocabulary[id];
      if (token === undefined) {
        throw new TokenizerError(
          `[decode] id ${String(id)} at position ${position} is not in the vocabulary: ` +
            `ids are integers from 0 to ${this.vocabularySize - 1}.`,
          { hint: 'Check that the ids come from this tokenizer and that the model has vocabularySize outputs.' },
        );
      }
      position++;
      if (!(skipSpecialTokens && this.#special.has(token))) tokens.push(token);
    }
    return tokens.join('');
  }

  /** The tokenizer as a Hugging Face `tokenizer.json` object, which Hugging Face's `tokenizers` loads as it is. */
  toJSON(): TokenizerJSON {
    return {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: this.specialTokens.map((content) => ({
        id: this.#ids.get(content) ?? 0,
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      })),
      normalizer: null,
      pre_tokenizer: { type: 'Split', pattern: { Regex: anyCharacter }, behavior: 'Isolated', invert: false },
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: {
        type: 'WordLevel',
        vocab: Object.fromEntries(this.vocabulary.map((token, id) => [token, id])),
        unk_token: this.unknownToken ?? absentToken(this.#ids),
      },
    };
  }

  /**
   * Rebuilds a tokenizer from {@link CharacterTokenizer.toJSON}'s object, or its JSON text.
   *
   * @throws TokenizerError that lists everything that keeps the object from being a character tokenizer.
   */
  static fromJSON(json: unknown): CharacterTokenizer {
    const problems: string[] = [];
    const { vocabulary, special, unknownToken } = readTokenizer(parseJSON(json), problems);
    if (problems.length > 0) {
      throw new TokenizerError(
        `[fromJSON] this is not the tokenizer.json of a character tokenizer:\n  - ${problems.join('\n  - ')}`,
        { hint: 'CharacterTokenizer.fromJSON reads what its toJSON() and save() write.' },
      );
    }
    return new CharacterTokenizer(vocabulary, special, unknownToken);
  }

  /** Writes {@link CharacterTokenizer.toJSON} to a file (Node only), through a temporary file that is renamed. */
  async save(path: string): Promise<void> {
    await writeTextFile(path, `${JSON.stringify(this.toJSON(), null, 2)}\n`);
  }

  /**
   * Reads a file that {@link CharacterTokenizer.save} wrote (Node only).
   *
   * @throws TokenizerError naming the file, if it cannot be read or is not a character tokenizer.
   */
  static async load(path: string): Promise<CharacterTokenizer> {
    return parseFile(path, (text) => CharacterTokenizer.fromJSON(text));
  }

  #unknownCharacter(text: string, at: number, codePoint: number): TokenizerError {
    return new TokenizerError(
      `[encode] unknown character ${quote(codePoint)} at ${place(text, at)}: ` +
        `it is not among the ${this.vocabularySize} tokens of the vocabulary.`,
      {
        hint:
          "Train on texts that contain it, remove it from the text, or train with { unknownToken: '<unk>' } " +
          'to map such characters to one token.',
      },
    );
  }
}

function* iterateTexts(texts: string | Iterable<string>): Generator<string> {
  if (typeof texts === 'string') yield texts;
  else if (typeof texts === 'object' && texts !== null && Symbol.iterator in texts) yield* texts;
  else throw new TokenizerError(`[train] expected a string or an iterable of strings, got ${describe(texts)}.`);
}

/** The format wants an unknown token; one that is not in the vocabulary makes Hugging Face fail on unknowns, as we do. */
function absentToken(ids: ReadonlyMap<string, number>): string {
  let name = '<unk>';
  while (ids.has(name)) name = `<${name}>`;
  return name;
}
