/** The smallest tokenizer: one token per Unicode code point, plus whole-string special tokens. */
import { TokenizerError } from './errors.ts';
import { readTextFile, writeTextFile } from './files.ts';
import { checkOptions, describe, requireBoolean, type OptionNames } from './options.ts';

export interface CharacterTokenizerOptions {
  /** Text of the token that stands for every character outside the vocabulary, e.g. `'<unk>'`. Default: none. */
  unknownToken?: string;
  /** Strings that are one token each wherever they occur in a text, e.g. `['<pad>', '<eos>']`. Default: none. */
  specialTokens?: readonly string[];
}

export interface EncodeOptions {
  /**
   * Whether special tokens written out in the text become their ids (default `true`). Give `false` for text that is
   * not yours: then `<eos>` typed by a user is five ordinary characters.
   */
  parseSpecialTokens?: boolean;
}

export interface DecodeOptions {
  /** Leave special tokens (the unknown token too) out of the text. Default `false`. */
  skipSpecialTokens?: boolean;
}

const trainOptions: OptionNames<CharacterTokenizerOptions> = { unknownToken: true, specialTokens: true };
const encodeOptions: OptionNames<EncodeOptions> = { parseSpecialTokens: true };
const decodeOptions: OptionNames<DecodeOptions> = { skipSpecialTokens: true };

/** The Hugging Face `tokenizer.json` of a {@link CharacterTokenizer}; described in this package's README. */
export interface TokenizerJSON {
  version: '1.0';
  truncation: null;
  padding: null;
  added_tokens: {
    id: number;
    content: string;
    single_word: false;
    lstrip: false;
    rstrip: false;
    normalized: false;
    special: true;
  }[];
  normalizer: null;
  pre_tokenizer: { type: 'Split'; pattern: { Regex: string }; behavior: 'Isolated'; invert: false };
  post_processor: null;
  decoder: { type: 'Fuse' };
  model: { type: 'WordLevel'; vocab: Record<string, number>; unk_token: string };
}

/** Any one code point, in JavaScript's and in Oniguruma's syntax (where `.` leaves out the newline). */
const anyCharacter = '[\\s\\S]';

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
    if (!Array.isArray(specialTokens))
      throw new TokenizerError(`[train] specialTokens must be an array of strings, got ${describe(specialTokens)}.`);
    const special = new Set(unknownToken === undefined ? specialTokens : [unknownToken, ...specialTokens]);
    for (const token of special) checkSpecialToken(token);
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
    let value = json;
    if (typeof json === 'string') {
      try {
        value = JSON.parse(json);
      } catch (cause) {
        throw new TokenizerError(`[fromJSON] not valid JSON: ${(cause as Error).message}.`, { cause });
      }
    }
    const problems: string[] = [];
    const { vocabulary, special, unknownToken } = readTokenizer(value, problems);
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
    const text = await readTextFile(path);
    try {
      return CharacterTokenizer.fromJSON(text);
    } catch (cause) {
      if (!(cause instanceof TokenizerError)) throw cause;
      throw new TokenizerError(`${path}: ${cause.message}`, { cause });
    }
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

interface Piece {
  start: number;
  end: number;
  special: boolean;
}

/** Cuts a text into special tokens and what lies between them. */
function* split(text: string, specialPattern: RegExp | undefined): Generator<Piece> {
  let start = 0;
  if (specialPattern !== undefined) {
    for (const match of text.matchAll(specialPattern)) {
      if (match.index > start) yield { start, end: match.index, special: false };
      start = match.index + match[0].length;
      yield { start: match.index, end: start, special: true };
    }
  }
  if (start < text.length) yield { start, end: text.length, special: false };
}

/** Matches the leftmost special token, and the longest of those that start there. */
function patternOf(specialTokens: readonly string[]): RegExp | undefined {
  if (specialTokens.length === 0) return undefined;
  const alternatives = [...specialTokens]
    .sort((a, b) => b.length - a.length)
    .map((token) => token.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(alternatives.join('|'), 'gu');
}

function* iterateTexts(texts: string | Iterable<string>): Generator<string> {
  if (typeof texts === 'string') yield texts;
  else if (typeof texts === 'object' && texts !== null && Symbol.iterator in texts) yield* texts;
  else throw new TokenizerError(`[train] expected a string or an iterable of strings, got ${describe(texts)}.`);
}

function checkSpecialToken(token: unknown): void {
  const problem = specialTokenProblem(token);
  if (problem !== undefined) throw new TokenizerError(`[train] ${problem}`);
}

function specialTokenProblem(token: unknown): string | undefined {
  if (typeof token !== 'string' || token === '')
    return `a special token must be a non-empty string, got ${describe(token)}.`;
  if (/\p{Surrogate}/u.test(token)) return `the special token ${JSON.stringify(token)} holds half a character.`;
  return undefined;
}

/** The format wants an unknown token; one that is not in the vocabulary makes Hugging Face fail on unknowns, as we do. */
function absentToken(ids: ReadonlyMap<string, number>): string {
  let name = '<unk>';
  while (ids.has(name)) name = `<${name}>`;
  return name;
}

function readTokenizer(
  value: unknown,
  problems: string[],
): { vocabulary: string[]; special: Set<string>; unknownToken: string | undefined } {
  const special = new Set<string>();
  const vocabulary: string[] = [];
  const nothing = { vocabulary, special, unknownToken: undefined };
  if (!isRecord(value)) {
    problems.push(`expected an object, got ${describe(value)}.`);
    return nothing;
  }
  if (value.version !== '1.0') problems.push(`version: expected "1.0", got ${describe(value.version)}.`);
  for (const part of ['normalizer', 'post_processor', 'truncation', 'padding']) {
    if (value[part] !== null && value[part] !== undefined) problems.push(`${part}: expected null.`);
  }
  const preTokenizer = value.pre_tokenizer;
  if (
    !isRecord(preTokenizer) ||
    preTokenizer.type !== 'Split' ||
    preTokenizer.behavior !== 'Isolated' ||
    preTokenizer.invert === true ||
    !isRecord(preTokenizer.pattern) ||
    preTokenizer.pattern.Regex !== anyCharacter
  ) {
    problems.push(`pre_tokenizer: expected an isolating Split by the Regex ${anyCharacter}.`);
  }
  if (!isRecord(value.decoder) || value.decoder.type !== 'Fuse') problems.push('decoder: expected { "type": "Fuse" }.');
  const model = value.model;
  if (!isRecord(model) || model.type !== 'WordLevel' || !isRecord(model.vocab) || typeof model.unk_token !== 'string') {
    problems.push('model: expected { "type": "WordLevel", "vocab": { token: id, … }, "unk_token": string }.');
    return nothing;
  }

  const entries = Object.entries(model.vocab);
  for (const [token, id] of entries) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= entries.length) {
      problems.push(
        `model.vocab: the id of ${JSON.stringify(token)} must be an integer from 0 to ${entries.length - 1}.`,
      );
    } else if (vocabulary[id] !== undefined) {
      problems.push(`model.vocab: ${JSON.stringify(vocabulary[id])} and ${JSON.stringify(token)} share the id ${id}.`);
    } else {
      vocabulary[id] = token;
    }
  }
  const added: unknown = value.added_tokens ?? [];
  if (!Array.isArray(added)) problems.push('added_tokens: expected an array.');
  for (const token of Array.isArray(added) ? (added as unknown[]) : []) {
    const content = isRecord(token) ? token.content : undefined;
    const problem = specialTokenProblem(content);
    if (problem !== undefined) problems.push(`added_tokens: ${problem}`);
    else if (typeof content === 'string') {
      if (!isRecord(token) || vocabulary[token.id as number] !== content) {
        problems.push(`added_tokens: ${JSON.stringify(content)} is not in model.vocab under the same id.`);
      }
      special.add(content);
    }
  }
  for (const [token] of entries) {
    if (!special.has(token) && (/\p{Surrogate}/u.test(token) || [...token].length !== 1)) {
      problems.push(`model.vocab: ${JSON.stringify(token)} is neither one character nor an added token.`);
    }
  }
  const unknownToken = Object.hasOwn(model.vocab, model.unk_token) ? model.unk_token : undefined;
  if (unknownToken !== undefined && !special.has(unknownToken)) {
    problems.push(`model.unk_token: ${JSON.stringify(unknownToken)} must be among the added tokens.`);
  }
  return { vocabulary, special, unknownToken };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hex(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** A character as an error message shows it: escaped when it is invisible, and always with its code point. */
function quote(codePoint: number): string {
  const character = String.fromCodePoint(codePoint);
  if (/[\p{C}\p{Z}]/u.test(character)) {
    return `${character === ' ' ? "' '" : JSON.stringify(character)} (${hex(codePoint)})`;
  }
  return `'${/\p{M}/u.test(character) ? `◌${character}` : character}' (${hex(codePoint)})`;
}

/** `position 12 (line 2, column 3)`: an index into the string from 0, and the place an editor shows, from 1. */
function place(text: string, at: number): string {
  const lineStart = at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
  let line = 1;
  for (let index = text.indexOf('\n'); index !== -1 && index < at; index = text.indexOf('\n', index + 1)) line++;
  return `position ${at} (line ${line}, column ${[...text.slice(lineStart, at)].length + 1})`;
}
