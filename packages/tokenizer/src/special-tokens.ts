/** Strings that are one token each, wherever they occur in a text. */
import { TokenizerError } from './errors.ts';
import { describe } from './options.ts';

/** Part of a text: a special token, or what lies between two of them. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  readonly special: boolean;
}

export function specialTokenProblem(token: unknown): string | undefined {
  if (typeof token !== 'string' || token === '')
    return `a special token must be a non-empty string, got ${describe(token)}.`;
  if (/\p{Surrogate}/u.test(token)) return `the special token ${JSON.stringify(token)} holds half a character.`;
  return undefined;
}

/** @throws TokenizerError unless `tokens` is an array of usable special tokens */
export function requireSpecialTokens(where: string, tokens: unknown): asserts tokens is readonly string[] {
  if (!Array.isArray(tokens))
    throw new TokenizerError(`[${where}] specialTokens must be an array of strings, got ${describe(tokens)}.`);
  for (const token of tokens as unknown[]) requireSpecialToken(where, token);
}

export function requireSpecialToken(where: string, token: unknown): void {
  const problem = specialTokenProblem(token);
  if (problem !== undefined) throw new TokenizerError(`[${where}] ${problem}`);
}

/** Cuts a text into special tokens and what lies between them. */
export function* split(
  text: string,
  specialPattern: RegExp | undefined,
  from = 0,
  to: number = text.length,
): Generator<Piece, void, undefined> {
  let start = from;
  if (specialPattern !== undefined) {
    const part = from === 0 && to === text.length ? text : text.slice(from, to);
    for (const match of part.matchAll(specialPattern)) {
      const at = from + match.index;
      if (at > start) yield { start, end: at, special: false };
      start = at + match[0].length;
      yield { start: at, end: start, special: true };
    }
  }
  if (start < to) yield { start, end: to, special: false };
}

/** Matches the leftmost special token, and the longest of those that start there. */
export function patternOf(specialTokens: readonly string[]): RegExp | undefined {
  if (specialTokens.length === 0) return undefined;
  const alternatives = [...specialTokens]
    .sort((a, b) => b.length - a.length)
    .map((token) => token.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(alternatives.join('|'), 'gu');
}
