/** Plays as speeches, and speeches as the tokens that the network reads. */
import type { ByteLevelBPE } from 'hebb';

export interface Speech {
  readonly speaker: string;
  readonly text: string;
}

/** A name and a colon, then what is said, up to an empty line. */
export function speechesOf(play: string): Speech[] {
  return play.split(/\n{2,}/).flatMap((block) => {
    const [, speaker, text] = /^([^\n:]+):\n([^]+)$/.exec(block.trim()) ?? [];
    return speaker === undefined || text === undefined ? [] : [{ speaker, text }];
  });
}

/** Everybody who speaks, those who do most often first. */
export function speakersOf(speeches: readonly Speech[]): string[] {
  const counts = new Map<string, number>();
  for (const { speaker } of speeches) counts.set(speaker, (counts.get(speaker) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([speaker]) => speaker);
}

/** Between a name and what is said, and behind it. */
export const [says, end] = [0, 1];
export const marks: readonly string[] = ['<|says|>', '<|end|>'];

/** A conversation as the network reads it; what is written like a mark is text. */
export function tokensOf(tokenizer: ByteLevelBPE, speeches: readonly Speech[]): Int32Array {
  const plain = (text: string): Uint32Array => tokenizer.encode(text, { parseSpecialTokens: false });
  return Int32Array.from(speeches.flatMap(({ speaker, text }) => [...plain(speaker), says, ...plain(text), end]));
}
