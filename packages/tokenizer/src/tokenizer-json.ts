/** The file of a tokenizer: what is in it, and every reason why one cannot be read. */
import { TokenizerError } from './errors.ts';
import { describe } from './options.ts';
import { specialTokenProblem } from './special-tokens.ts';

/** The Hugging Face `tokenizer.json` of a `CharacterTokenizer`; described in this package's README. */
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
export const anyCharacter = '[\\s\\S]';

/** The value of a JSON text; anything else as it is. */
export function parseJSON(json: unknown): unknown {
  if (typeof json !== 'string') return json;
  try {
    return JSON.parse(json) as unknown;
  } catch (cause) {
    throw new TokenizerError(`[fromJSON] not valid JSON: ${(cause as Error).message}.`, { cause });
  }
}

/** What a file says; what is wrong in it is added to `problems`. */
export function readTokenizer(
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

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
