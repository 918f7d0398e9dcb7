/** Merges that are left out by chance. */
import { TokenizerError } from '../errors.ts';
import { describe } from '../options.ts';

export interface DropoutOptions {
  /**
   * Probability, 0 ≤ p < 1, that a merge which could be made next is passed over (BPE-dropout; Provilkov, Emelianenko & Voita 2020, arXiv:1910.13267): a text is then cut in another way for each seed, so that a network which is trained on few texts
   * learns what the parts of rare words say. For training alone. Default 0.
   */
  mergeDropout?: number;
  /** Of the draws: an integer from 0 to 2³² − 1, which `mergeDropout` needs. The same texts and seed are cut in the same way, everywhere. */
  seed?: number;
}

/**
 * What says of each merge whether it is passed over; `undefined` where none is.
 *
 * @throws TokenizerError for a probability or a seed that is none, and for one of them without the other
 */
export function dropping(where: string, { mergeDropout, seed }: DropoutOptions): (() => boolean) | undefined {
  if (mergeDropout === undefined && seed === undefined) return undefined;
  if (typeof mergeDropout !== 'number' || !(mergeDropout >= 0 && mergeDropout < 1))
    throw new TokenizerError(`[${where}] mergeDropout must be a number ≥ 0 and < 1, not ${describe(mergeDropout)}.`);
  if (!(Number.isInteger(seed) && (seed as number) >= 0 && (seed as number) < 2 ** 32))
    throw new TokenizerError(`[${where}] mergeDropout needs a seed from 0 to 2³² − 1, not ${describe(seed)}.`, {
      hint: 'Take another one in each epoch.',
    });
  if (mergeDropout === 0) return undefined;
  const draw = uniform(seed as number);
  return () => draw() < mergeDropout;
}

/** Numbers in [0, 1): a Weyl sequence, mixed as the end of MurmurHash3 does (splitmix32). Here, since this package stands alone. */
function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
