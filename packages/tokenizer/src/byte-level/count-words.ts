/** How often each word is in the training texts. */
import { TokenizerError } from '../errors.ts';
import { describe } from '../options.ts';
import { split } from '../special-tokens.ts';
import type { Pauses } from './progress.ts';
import { endOfWord } from './words.ts';

/** Texts to train on. */
export type Texts = string | Iterable<string> | AsyncIterable<string>;

/** @throws TokenizerError where something else than a string is among the texts */
export async function countWords(
  texts: Texts,
  options: { addPrefixSpace: boolean; specialPattern: RegExp | undefined; pauses: Pauses },
): Promise<Map<string, number>> {
  const { addPrefixSpace, specialPattern, pauses } = options;
  const counts = new Map<string, number>();
  let index = 0;
  let characters = 0;
  const progress = () => ({ phase: 'counting', done: characters, total: undefined }) as const;
  for await (const text of iterate(texts)) {
    if (typeof text !== 'string')
      throw new TokenizerError(`[train] expected strings, and text ${index} is ${describe(text)}.`);
    for (const { start, end, special } of split(text, specialPattern)) {
      if (special) continue;
      const prefixed = addPrefixSpace && text.charAt(start) !== ' ';
      const piece = prefixed ? ` ${text.slice(start, end)}` : text;
      const last = prefixed ? piece.length : end;
      for (let at = prefixed ? 0 : start; at < last;) {
        const wordEnd = endOfWord(piece, at, last);
        const word = piece.slice(at, wordEnd);
        const count = counts.get(word);
        // A copy: a slice would keep the whole text.
        if (count === undefined) counts.set(copy(word), 1);
        else counts.set(word, count + 1);
        at = wordEnd;
      }
    }
    index++;
    characters += text.length;
    await pauses.maybe(progress);
  }
  pauses.tell(progress());
  return counts;
}

/** A string that is no part of another one: engines keep the whole text alive for a slice of it. */
function copy(word: string): string {
  return word.length < 13 ? word : (JSON.parse(JSON.stringify(word)) as string);
}

async function* iterate(texts: Texts): AsyncGenerator<string, void, undefined> {
  if (typeof texts === 'string') yield texts;
  else if (typeof texts === 'object' && texts !== null && (Symbol.iterator in texts || Symbol.asyncIterator in texts)) {
    yield* texts;
  } else {
    throw new TokenizerError(`[train] expected a string or an iterable of strings, got ${describe(texts)}.`);
  }
}
