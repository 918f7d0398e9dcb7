/** Merging the bytes of a word: always the pair whose merge was learned first, and of equal ones the leftmost. */
import { Heap } from './heap.ts';
import type { PairTable } from './pair-table.ts';

/** Merges: the number of a pair in `pairs` is its rank, `results[rank]` the id that takes its place. */
export interface Merges {
  readonly pairs: PairTable;
  readonly results: Int32Array;
}

/** Longest word that is merged by looking through it for every merge; a heap takes over where that would be slow. */
const shortWord = 48;

/**
 * Merges `symbols[0 … length)` in place and returns how many are left.
 *
 * @param isDropped - asked of the merges that could be made next, the best first; the first that is not dropped is made, and then all are asked anew. Default: none is dropped.
 */
export function mergeWord(symbols: Int32Array, length: number, merges: Merges, isDropped?: () => boolean): number {
  if (length < 2) return length;
  if (isDropped !== undefined) return mergeByHeap(symbols, length, merges, isDropped);
  return length <= shortWord ? mergeByLooking(symbols, length, merges) : mergeByHeap(symbols, length, merges);
}

const ranks = new Int32Array(shortWord);
const none = 0x7fffffff;

function rankOf({ pairs }: Merges, a: number, b: number): number {
  const rank = pairs.find(a, b);
  return rank < 0 ? none : rank;
}

function mergeByLooking(symbols: Int32Array, length: number, merges: Merges): number {
  const at = (index: number): number => symbols[index] ?? 0;
  let count = length;
  for (let i = 0; i < count - 1; i++) ranks[i] = rankOf(merges, at(i), at(i + 1));
  for (;;) {
    let best = none;
    let where = -1;
    for (let i = 0; i < count - 1; i++) {
      const rank = ranks[i] ?? none;
      if (rank < best) {
        best = rank;
        where = i;
      }
    }
    if (where < 0) return count;
    symbols[where] = merges.results[best] ?? 0;
    symbols.copyWithin(where + 1, where + 2, count);
    ranks.copyWithin(where + 1, where + 2, count - 1);
    count--;
    if (where > 0) ranks[where - 1] = rankOf(merges, at(where - 1), at(where));
    if (where < count - 1) ranks[where] = rankOf(merges, at(where), at(where + 1));
  }
}

/** O(n log n): a linked list of symbols, and a heap of the places where two of them may be merged. */
function mergeByHeap(symbols: Int32Array, length: number, merges: Merges, isDropped?: () => boolean): number {
  const next = Int32Array.from({ length }, (_, i) => i + 1);
  const previous = Int32Array.from({ length }, (_, i) => i - 1);
  const rankAt = new Int32Array(length).fill(none);
  // Rank and place in one number, so that the smallest is the one to merge.
  const heap = new Heap((a, b) => a < b);
  const look = (place: number): void => {
    const behind = next[place] ?? length;
    const rank = behind < length ? rankOf(merges, symbols[place] ?? 0, symbols[behind] ?? 0) : none;
    rankAt[place] = rank;
    if (rank !== none) heap.push(rank * length + place);
  };
  for (let place = 0; place < length - 1; place++) look(place);
  const dropped: number[] = [];
  for (let item = heap.pop(); item >= 0; item = heap.pop()) {
    const place = item % length;
    const rank = (item - place) / length;
    if (rankAt[place] !== rank) continue; // the pair that stood there has gone
    if (isDropped?.() === true) {
      dropped.push(item);
      continue;
    }
    for (const again of dropped) heap.push(again);
    dropped.length = 0;
    const behind = next[place] ?? length;
    const after = next[behind] ?? length;
    symbols[place] = merges.results[rank] ?? 0;
    rankAt[behind] = none;
    next[place] = after;
    if (after < length) previous[after] = place;
    look(place);
    const before = previous[place] ?? -1;
    if (before >= 0) look(before);
  }
  let count = 0;
  for (let place = 0; place < length; place = next[place] ?? length) symbols[count++] = symbols[place] ?? 0;
  return count;
}
