/**
 * Learning merges (Sennrich et al. 2016, "Neural machine translation of rare words with subword units"): the most frequent pair of neighbours
 * becomes a token, again and again.
 *
 * What a merge changes is counted from the words that hold the pair, found by lists of words for each pair; a heap gives the most frequent pair.
 * Of equally frequent ones the pair of smaller ids comes first, as in Hugging Face's `tokenizers`, and counts are kept as there, so that the same
 * texts give the same merges.
 */
import { TokenizerError } from '../errors.ts';
import { byteCharacters, utf8 } from './bytes.ts';
import { Heap } from './heap.ts';
import { PairTable } from './pair-table.ts';

export interface Learned {
  /** Spellings, the id of each is its index. */
  readonly vocabulary: string[];
  /** Pairs of ids, in the order in which they are merged. */
  readonly merges: readonly (readonly [number, number])[];
}

export interface LearnOptions {
  readonly vocabularySize: number;
  readonly minFrequency: number;
  readonly specialTokens: readonly string[];
  /** All 256 bytes, or those that the words have, the most frequent so many of them. */
  readonly alphabet: 'bytes' | 'seen';
  readonly limitAlphabet: number;
  /** Called after every merge; a promise is waited for. */
  readonly onMerge: (done: number) => Promise<void> | undefined;
}

/** Integers that grow. */
class Integers {
  values = new Int32Array(1024);
  length = 0;

  push(value: number): number {
    if (this.length === this.values.length) {
      const longer = new Int32Array(this.length * 2);
      longer.set(this.values);
      this.values = longer;
    }
    this.values[this.length] = value;
    return this.length++;
  }

  at(index: number): number {
    return this.values[index] ?? 0;
  }
}

/** Lists of words, each a chain of links; a list is the number of its last link, or −1. */
class WordLists {
  readonly #word = new Integers();
  readonly #before = new Integers();

  /** The list with a word more, unless it is the last one in it. */
  add(list: number, word: number): number {
    if (list >= 0 && this.#word.at(list) === word) return list;
    this.#word.push(word);
    return this.#before.push(list);
  }

  *of(list: number): Generator<number, void, undefined> {
    for (let link = list; link >= 0; link = this.#before.at(link)) yield this.#word.at(link);
  }
}

/** The words as ids, one behind the other in one array; merging makes them shorter where they lie. */
class Corpus {
  readonly ids = new Integers();
  readonly starts: number[] = [];
  readonly lengths: number[] = [];
  readonly counts: number[] = [];

  constructor(words: ReadonlyMap<string, number>, idOfByte: Int32Array) {
    for (const [word, count] of words) {
      const start = this.ids.length;
      for (const byte of utf8(word)) {
        const id = idOfByte[byte] ?? -1;
        if (id >= 0) this.ids.push(id); // a byte that limitAlphabet leaves out
      }
      this.starts.push(start);
      this.lengths.push(this.ids.length - start);
      this.counts.push(count);
    }
  }
}

export async function learnMerges(words: ReadonlyMap<string, number>, options: LearnOptions): Promise<Learned> {
  const vocabulary = [...options.specialTokens];
  const idOf = new Map(vocabulary.map((token, id) => [token, id]));
  const idFor = (token: string): number => {
    const known = idOf.get(token);
    if (known === undefined) {
      idOf.set(token, vocabulary.length);
      return vocabulary.push(token) - 1;
    }
    // Special tokens stand for their own text: one that spells other bytes cannot be both.
    if (known < options.specialTokens.length && utf8(token).length > token.length) {
      throw new TokenizerError(
        `[train] the special token ${JSON.stringify(token)} is how bytes of the texts are spelled in files.`,
        {
          hint: 'Give it a name of ASCII characters, such as <sep>.',
        },
      );
    }
    return known;
  };
  const idOfByte = new Int32Array(256).fill(-1);
  for (const byte of alphabetOf(words, options)) idOfByte[byte] = idFor(byteCharacters[byte] ?? '');

  const corpus = new Corpus(words, idOfByte);
  const { ids, starts, lengths, counts } = corpus;
  const pairs = new PairTable();
  const pairCounts: number[] = [];
  const lists = new WordLists();
  const count = (a: number, b: number, change: number): number => {
    const pair = pairs.add(a, b);
    pairCounts[pair] = (pairCounts[pair] ?? 0) + change;
    return pair;
  };

  // What waits in the heap: a pair, how often it was there when it was put in, and the words in which it came up since it was put in before.
  const waiting = { pair: new Integers(), count: [] as number[], list: new Integers() };
  const heap = new Heap((x, y) => {
    const more = (waiting.count[x] ?? 0) - (waiting.count[y] ?? 0);
    if (more !== 0) return more > 0;
    const [p, q] = [waiting.pair.at(x), waiting.pair.at(y)];
    const smaller = (pairs.first[p] ?? 0) - (pairs.first[q] ?? 0) || (pairs.second[p] ?? 0) - (pairs.second[q] ?? 0);
    return smaller < 0;
  });
  let touched: number[] = [];
  const listOf = new Integers();
  /** Notes that a pair came up in a word. */
  const note = (pair: number, word: number): void => {
    while (listOf.length <= pair) listOf.push(-1);
    const list = listOf.at(pair);
    if (list < 0) touched.push(pair);
    listOf.values[pair] = lists.add(list, word);
  };
  const queue = (): void => {
    for (const pair of touched) {
      const frequency = pairCounts[pair] ?? 0;
      if (frequency > 0) {
        waiting.count.push(frequency);
        waiting.list.push(listOf.at(pair));
        heap.push(waiting.pair.push(pair));
      }
      listOf.values[pair] = -1;
    }
    touched = [];
  };

  for (let word = 0; word < starts.length; word++) {
    const start = starts[word] ?? 0;
    const end = start + (lengths[word] ?? 0);
    for (let at = start; at + 1 < end; at++) note(count(ids.at(at), ids.at(at + 1), counts[word] ?? 0), word);
  }
  queue();

  /** Replaces a pair in a word and counts what that changes at its sides. */
  const mergeIn = (word: number, a: number, b: number, id: number): void => {
    const values = ids.values;
    const start = starts[word] ?? 0;
    const times = counts[word] ?? 0;
    const length = lengths[word] ?? 0;
    let write = start;
    for (let read = start; read < start + length; write++) {
      if (values[read] !== a || read + 1 >= start + length || values[read + 1] !== b) {
        values[write] = values[read++] ?? 0;
        continue;
      }
      if (write > start) {
        const before = values[write - 1] ?? 0;
        count(before, a, -times);
        note(count(before, id, times), word);
      }
      if (read + 2 < start + length) {
        const after = values[read + 2] ?? 0;
        count(b, after, -times);
        note(count(id, after, times), word);
      }
      values[write] = id;
      read += 2;
    }
    lengths[word] = write - start;
  };

  const merges: (readonly [number, number])[] = [];
  while (vocabulary.length < options.vocabularySize) {
    const top = heap.pop();
    if (top < 0) break;
    const pair = waiting.pair.at(top);
    const frequency = pairCounts[pair] ?? 0;
    if (waiting.count[top] !== frequency) {
      waiting.count[top] = frequency; // it became rarer while it waited
      heap.push(top);
      continue;
    }
    if (frequency < 1 || frequency < options.minFrequency) break;
    const [a, b] = [pairs.first[pair] ?? 0, pairs.second[pair] ?? 0];
    const id = idFor(`${vocabulary[a] ?? ''}${vocabulary[b] ?? ''}`);
    merges.push([a, b]);
    for (const word of lists.of(waiting.list.at(top))) mergeIn(word, a, b, id);
    queue();
    await options.onMerge(merges.length);
  }
  return { vocabulary, merges: lastOfEach(merges) };
}

/** The bytes of the alphabet, in the order of the characters that spell them. */
function alphabetOf(words: ReadonlyMap<string, number>, { alphabet, limitAlphabet }: LearnOptions): number[] {
  const inOrder = Array.from({ length: 256 }, (_, byte) => byte).sort((a, b) =>
    (byteCharacters[a] ?? '') < (byteCharacters[b] ?? '') ? -1 : 1,
  );
  if (alphabet === 'bytes') return inOrder;
  const frequencies = new Float64Array(256);
  for (const [word, count] of words)
    for (const byte of utf8(word)) frequencies[byte] = (frequencies[byte] ?? 0) + count;
  const frequencyOf = (byte: number): number => frequencies[byte] ?? 0;
  const kept = new Set(inOrder.filter((byte) => frequencyOf(byte) > 0).sort((a, b) => frequencyOf(b) - frequencyOf(a)).slice(0, limitAlphabet)); // prettier-ignore
  return inOrder.filter((byte) => kept.has(byte));
}

/** A pair that was merged twice (one that came up again when another way to the same token was found) has the later rank. */
function lastOfEach(merges: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const last = new Map(merges.map(([a, b], rank) => [`${a} ${b}`, rank]));
  return merges.filter(([a, b], rank) => last.get(`${a} ${b}`) === rank);
}
