/** Hugging Face's `tokenizer.json` of a byte-level BPE, GPT-2's two files, and every reason why one cannot be read. */
import { TokenizerError } from '../errors.ts';
import { describe } from '../options.ts';
import { specialTokenProblem } from '../special-tokens.ts';
import { isRecord, parseJSON } from '../tokenizer-json.ts';
import { bytesOfSpelling } from './bytes.ts';

/** A string that is one token wherever it stands in a text. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Left out by `skipSpecialTokens`, and read as text where `parseSpecialTokens` is false. */
  readonly special: boolean;
  /** Looked for after those that are not normalized. */
  readonly normalized: boolean;
}

/** All that makes a tokenizer. */
export interface Definition {
  /** Spellings of the model's tokens by id; undefined where an id is that of an added token alone. */
  readonly spellings: readonly (string | undefined)[];
  /** Pairs of ids, in order of rank. */
  readonly merges: readonly (readonly [number, number])[];
  readonly added: readonly AddedToken[];
  readonly addPrefixSpace: boolean;
  readonly trimOffsets: boolean;
  /** The token that stands for bytes outside the vocabulary. */
  readonly unknownToken: string | undefined;
}

interface ByteLevelPart {
  type: 'ByteLevel';
  add_prefix_space: boolean;
  trim_offsets: boolean;
  use_regex: boolean;
}

/** The Hugging Face `tokenizer.json` of a `ByteLevelBPE`; described in this package's README. */
export interface ByteLevelBPEJSON {
  version: '1.0';
  truncation: null;
  padding: null;
  added_tokens: {
    id: number;
    content: string;
    single_word: false;
    lstrip: false;
    rstrip: false;
    normalized: boolean;
    special: boolean;
  }[];
  normalizer: null;
  pre_tokenizer: ByteLevelPart;
  post_processor: ByteLevelPart;
  decoder: ByteLevelPart;
  model: {
    type: 'BPE';
    dropout: null;
    unk_token: string | null;
    continuing_subword_prefix: null;
    end_of_word_suffix: null;
    fuse_unk: false;
    byte_fallback: false;
    ignore_merges: false;
    vocab: Record<string, number>;
    merges: string[];
  };
}

export function writeDefinition(definition: Definition): ByteLevelBPEJSON {
  const { spellings, merges, added, addPrefixSpace, trimOffsets, unknownToken } = definition;
  const part: ByteLevelPart = {
    type: 'ByteLevel',
    add_prefix_space: addPrefixSpace,
    trim_offsets: trimOffsets,
    use_regex: true,
  };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map(({ id, content, normalized, special }) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized,
      special,
    })),
    normalizer: null,
    pre_tokenizer: part,
    post_processor: part,
    decoder: part,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknownToken ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(spellings.flatMap((token, id) => (token === undefined ? [] : [[token, id]]))),
      merges: merges.map(([a, b]) => `${spellings[a] ?? ''} ${spellings[b] ?? ''}`),
    },
  };
}

/** What is wrong with a file: the first few reasons, and how many more there are. */
class Problems {
  readonly #first: string[] = [];
  #count = 0;

  add(problem: string): void {
    if (this.#count++ < 12) this.#first.push(problem);
  }

  /** @throws TokenizerError where there are any */
  throwAny(summary: string, hint: string): void {
    if (this.#count === 0) return;
    const more = this.#count > this.#first.length ? [`and ${this.#count - this.#first.length} more.`] : [];
    throw new TokenizerError(`${summary}:\n  - ${[...this.#first, ...more].join('\n  - ')}`, { hint });
  }
}

const parts = ['version', 'truncation', 'padding', 'added_tokens', 'normalizer', 'pre_tokenizer', 'post_processor', 'decoder', 'model']; // prettier-ignore

/** @throws TokenizerError that says what in the file is wrong, or not supported */
export function readDefinition(json: unknown): Definition {
  const value = parseJSON(json);
  const problems = new Problems();
  const finish = (): void =>
    problems.throwAny(
      '[fromJSON] this is not the tokenizer.json of a byte-level BPE that ByteLevelBPE can follow',
      'It reads BPE models with the pre-tokenizer, the decoder and (or none) the post-processor ByteLevel, without a normalizer.',
    );
  if (!isRecord(value)) {
    problems.add(`expected an object, got ${describe(value)}.`);
    finish();
    throw new TokenizerError('[fromJSON] no tokenizer.');
  }
  refuseOthers(value, parts, '', problems);
  if (value.version !== '1.0') problems.add(`version: expected "1.0", got ${describe(value.version)}.`);
  for (const part of ['truncation', 'padding']) {
    if (isPresent(value[part])) problems.add(`${part}: expected null; give lengths to encodeBatch.`);
  }
  if (isPresent(value.normalizer))
    problems.add(`normalizer: ${typeOf(value.normalizer)} is not supported, expected null.`);
  const preTokenizer = readByteLevel(value, 'pre_tokenizer', true, problems);
  const postProcessor = readByteLevel(value, 'post_processor', false, problems);
  readByteLevel(value, 'decoder', true, problems);
  const added = readAdded(value.added_tokens, problems);
  const model = value.model;
  if (!isRecord(model)) problems.add(`model: expected an object, got ${describe(model)}.`);
  const { spellings, merges } = readModel(isRecord(model) ? model : {}, added, problems);
  finish();
  return {
    spellings,
    merges,
    added,
    addPrefixSpace: preTokenizer?.add_prefix_space !== false,
    trimOffsets: postProcessor !== undefined && postProcessor.trim_offsets !== false,
    unknownToken: isRecord(model) && typeof model.unk_token === 'string' ? model.unk_token : undefined,
  };
}

/** Reads GPT-2's `encoder.json` (token → id) and `vocab.bpe` (a line a merge, the first one a comment). */
export function readGPT2(
  encoder: unknown,
  merges: unknown,
  options: { specialTokens: readonly string[]; addPrefixSpace: boolean },
): Definition {
  const problems = new Problems();
  const finish = (): void =>
    problems.throwAny('[fromGPT2] these are not the two files of GPT-2’s tokenizer', 'Give the text of encoder.json, then that of vocab.bpe.'); // prettier-ignore
  const vocab = parseJSON(encoder);
  if (typeof merges !== 'string') problems.add(`vocab.bpe: expected its text, got ${describe(merges)}.`);
  const lines = typeof merges === 'string' ? merges.split(/\r?\n/) : [];
  if (lines[0]?.startsWith('#version') === true) lines.shift();
  const added: AddedToken[] = [];
  for (const content of options.specialTokens) {
    const id = isRecord(vocab) && Object.hasOwn(vocab, content) ? vocab[content] : undefined;
    if (typeof id === 'number') added.push({ id, content, special: true, normalized: false });
    else problems.add(`encoder.json: the special token ${JSON.stringify(content)} is not in it.`);
  }
  const read = readModel({ vocab, merges: lines.filter((line) => line !== '') }, added, problems);
  finish();
  return { ...read, added, addPrefixSpace: options.addPrefixSpace, trimOffsets: false, unknownToken: undefined };
}

function readByteLevel(
  file: Record<string, unknown>,
  name: string,
  required: boolean,
  problems: Problems,
): Record<string, unknown> | undefined {
  const part = file[name];
  if (!isPresent(part) && !required) return undefined;
  if (!isRecord(part) || part.type !== 'ByteLevel') {
    problems.add(
      `${name}: ${isPresent(part) ? `${typeOf(part)} is not supported, ` : ''}expected { "type": "ByteLevel", … }.`,
    );
    return undefined;
  }
  const flags = ['add_prefix_space', 'trim_offsets', 'use_regex'];
  refuseOthers(part, ['type', ...flags], `${name}.`, problems);
  for (const flag of flags) {
    const value = part[flag];
    if (value !== undefined && typeof value !== 'boolean')
      problems.add(`${name}.${flag}: expected true or false, got ${describe(value)}.`);
  }
  if (part.use_regex === false && name === 'pre_tokenizer') problems.add(`${name}.use_regex: false is not supported.`);
  return part;
}

function readAdded(value: unknown, problems: Problems): AddedToken[] {
  if (!isPresent(value)) return [];
  if (!Array.isArray(value)) {
    problems.add(`added_tokens: expected an array, got ${describe(value)}.`);
    return [];
  }
  const added: AddedToken[] = [];
  const contents = new Set<string>();
  const flags = ['single_word', 'lstrip', 'rstrip', 'normalized', 'special'];
  for (const token of value as unknown[]) {
    const content = isRecord(token) ? token.content : undefined;
    const problem = specialTokenProblem(content);
    if (!isRecord(token) || typeof content !== 'string' || problem !== undefined) {
      problems.add(`added_tokens: ${problem ?? `expected objects, got ${describe(token)}.`}`);
      continue;
    }
    const where = `added_tokens: ${JSON.stringify(content)}`;
    refuseOthers(token, ['id', 'content', ...flags], `${where}.`, problems);
    for (const flag of flags) {
      const on = token[flag] ?? false;
      if (typeof on !== 'boolean') problems.add(`${where}: ${flag} must be true or false, got ${describe(on)}.`);
      else if (on && flag !== 'normalized' && flag !== 'special') problems.add(`${where}: ${flag} is not supported.`);
    }
    if (contents.has(content)) problems.add(`${where} is there twice.`);
    contents.add(content);
    const { id } = token;
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0)
      problems.add(`${where}: its id must be an integer from 0, got ${describe(id)}.`);
    else added.push({ id, content, special: token.special === true, normalized: token.normalized === true });
  }
  return added;
}

const modelParts = [
  ...['type', 'dropout', 'unk_token', 'continuing_subword_prefix', 'end_of_word_suffix'],
  ...['fuse_unk', 'byte_fallback', 'ignore_merges', 'vocab', 'merges'],
];

function readModel(
  model: Record<string, unknown>,
  added: readonly AddedToken[],
  problems: Problems,
): Pick<Definition, 'spellings' | 'merges'> {
  refuseOthers(model, modelParts, 'model.', problems);
  // The oldest files name no type.
  if (model.type !== undefined && model.type !== 'BPE')
    problems.add(`model.type: expected "BPE", got ${describe(model.type)}.`);
  if (isPresent(model.dropout) && model.dropout !== 0)
    problems.add(
      'model.dropout: not supported, expected null; mergeDropout is an option of encode, for training alone.',
    );
  for (const name of ['continuing_subword_prefix', 'end_of_word_suffix']) {
    if (isPresent(model[name]) && model[name] !== '') problems.add(`model.${name}: not supported, expected null.`);
  }
  for (const name of ['fuse_unk', 'byte_fallback', 'ignore_merges']) {
    if (isPresent(model[name]) && model[name] !== false) problems.add(`model.${name}: not supported, expected false.`);
  }
  if (!isRecord(model.vocab) || !Array.isArray(model.merges)) {
    problems.add('model: expected vocab, { token: id, … }, and merges, an array.');
    return { spellings: [], merges: [] };
  }
  const idOf = new Map(Object.entries(model.vocab));
  const unknown = model.unk_token;
  if (isPresent(unknown) && (typeof unknown !== 'string' || !idOf.has(unknown)))
    problems.add(`model.unk_token: ${describe(unknown)} is not in model.vocab.`);
  const spellings = readIds(idOf, added, problems);
  return { spellings, merges: readMerges(model.merges, idOf, problems) };
}

/** Ids of the model's tokens and of the added ones: each from 0 to n − 1 once. */
function readIds(
  idOf: ReadonlyMap<string, unknown>,
  added: readonly AddedToken[],
  problems: Problems,
): (string | undefined)[] {
  const own = new Map(added.map((token) => [token.content, token.id]));
  const owners = new Map<number, string>();
  let largest = -1;
  const take = (token: string, id: unknown, where: string): void => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > 0x7ffffffe) {
      problems.add(`${where}: the id of ${JSON.stringify(token)} must be an integer from 0, got ${describe(id)}.`);
      return;
    }
    const owner = owners.get(id);
    if (owner !== undefined && owner !== token)
      problems.add(`${where}: ${JSON.stringify(owner)} and ${JSON.stringify(token)} share the id ${id}.`);
    owners.set(id, token);
    largest = Math.max(largest, id);
  };
  for (const [token, id] of idOf) {
    take(token, id, 'model.vocab');
    if (own.has(token)) {
      if (own.get(token) !== id) problems.add(`added_tokens: ${JSON.stringify(token)} has another id in model.vocab.`);
    } else if (token === '' || bytesOfSpelling(token) === undefined) {
      problems.add(`model.vocab: ${JSON.stringify(token)} spells no bytes, and is not among the added tokens.`);
    }
  }
  for (const { content, id } of added) take(content, id, 'added_tokens');
  if (owners.size !== largest + 1) {
    let hole = 0;
    while (owners.has(hole)) hole++;
    problems.add(
      `ids go up to ${largest}, and ${largest + 1 - owners.size} of them have no token, the first is ${hole}.`,
    );
    return [];
  }
  const spellings = new Array<string | undefined>(owners.size).fill(undefined);
  for (const [token, id] of idOf) if (typeof id === 'number') spellings[id] = token;
  return spellings;
}

function readMerges(
  merges: readonly unknown[],
  idOf: ReadonlyMap<string, unknown>,
  problems: Problems,
): (readonly [number, number])[] {
  const read: (readonly [number, number])[] = [];
  const seen = new Set<string>();
  for (const [rank, merge] of merges.entries()) {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    const where = `model.merges[${rank}]`;
    if (!Array.isArray(pair) || pair.length !== 2 || pair.some((part) => typeof part !== 'string' || part === '')) {
      problems.add(`${where}: expected "a b" or ["a", "b"], got ${JSON.stringify(merge)?.slice(0, 80)}.`);
      continue;
    }
    const [a, b] = pair as [string, string];
    const absent = [a, b, a + b].find((token) => typeof idOf.get(token) !== 'number');
    if (absent !== undefined) problems.add(`${where}: ${JSON.stringify(absent)} is not in model.vocab.`);
    const key = `${a} ${b}`;
    if (seen.has(key)) problems.add(`${where}: ${JSON.stringify(key)} was merged before.`);
    seen.add(key);
    read.push([Number(idOf.get(a)), Number(idOf.get(b))]);
  }
  return read;
}

function refuseOthers(
  record: Record<string, unknown>,
  names: readonly string[],
  where: string,
  problems: Problems,
): void {
  for (const name of Object.keys(record)) {
    if (!names.includes(name)) problems.add(`${where}${name}: not supported.`);
  }
}

function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined;
}

function typeOf(part: unknown): string {
  return isRecord(part) && typeof part.type === 'string' ? part.type : describe(part);
}
