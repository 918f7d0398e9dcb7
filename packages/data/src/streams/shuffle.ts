/**
 * Shuffling in a buffer: it is filled, an element is drawn from it, and the next of the source takes its place. What is drawn follows from seed, epoch and
 * the number of the element alone, so a position needs no elements: the draws are made again without them, which tells whose elements lie in the
 * buffer, and the source is read again from the oldest of these on (for a buffer of n that is n · ln n elements back, or little more).
 */
import type { JsonValue } from '../batches.ts';
import { DataError } from '../errors.ts';
import { Random } from '../random.ts';
import { end, partsOf, requireCount, type Reader, type Step, type StreamSource } from './reader.ts';

interface Slot<T> {
  readonly value: T;
  /** Its number in the source, and the position of the source in front of it. */
  readonly index: number;
  readonly position: JsonValue;
}

/** Takes a random item out; the last one takes its place. */
function draw<I>(items: I[], random: Random): I | undefined {
  const at = items.length === 0 ? 0 : random.integer(items.length);
  const last = items.pop();
  if (at === items.length || last === undefined) return last;
  const drawn = items[at];
  items[at] = last;
  return drawn;
}

export function shuffleReader<T>(
  source: StreamSource<T>,
  { buffer, seed }: { readonly buffer: number; readonly seed: number },
  epoch: number,
  position?: JsonValue,
): Reader<T> {
  const names = ['drawn', 'read', 'index', 'source'] as const;
  const from = position === undefined ? undefined : partsOf('shuffle', position, names);
  const count = (name: (typeof names)[number]): number =>
    from === undefined ? 0 : requireCount('shuffle', from[name]);
  const reader = source.open(epoch, from?.source);
  const random = new Random(seed, epoch);
  const slots: Slot<T>[] = [];
  /** The slots by their numbers: the first is the oldest, since numbers only grow. */
  const byIndex = new Map<number, Slot<T>>();
  let drawn = count('drawn');
  let read = count('read');
  let ended = false;
  let isRestored = from === undefined;

  const add = (step: Step<T>, before: JsonValue): void => {
    if (step === end) {
      ended = true;
      return;
    }
    const slot = { value: step, index: read++, position: before };
    slots.push(slot);
    byIndex.set(slot.index, slot);
  };

  const wantsMore = (): boolean => !ended && slots.length < buffer;
  const next = (): Step<T> | Promise<Step<T>> => {
    if (!isRestored) return restore().then(next);
    while (wantsMore()) {
      const before = reader.position();
      const step = reader.next();
      if (step instanceof Promise) {
        return step.then((value) => {
          add(value, before);
          return next();
        });
      }
      add(step, before);
    }
    const slot = draw(slots, random);
    if (slot === undefined) return end;
    byIndex.delete(slot.index);
    drawn++;
    return slot.value;
  };

  /** Makes the draws of the past again, with numbers in the place of elements, then reads those that the buffer held. */
  const restore = async (): Promise<void> => {
    const held: number[] = [];
    let filled = 0;
    for (let i = 0; i < drawn; i++) {
      while (held.length < buffer && filled < read) held.push(filled++);
      draw(held, random);
    }
    while (filled < read) held.push(filled++);
    const wanted = new Set(held);
    for (let index = count('index'); index < read; index++) {
      const before = reader.position();
      const step = await reader.next();
      if (step === end) {
        throw new DataError(
          `[shuffle] the stream ended before its element ${index}, which it had when the cursor was made.`,
          { hint: 'Go on with the data that the run began with.' },
        );
      }
      if (wanted.has(index)) byIndex.set(index, { value: step, index, position: before });
    }
    for (const index of held) {
      const slot = byIndex.get(index);
      if (slot === undefined)
        throw new DataError(`[shuffle] the cursor is not one of this stream: element ${index} lies before its start.`);
      slots.push(slot);
    }
    isRestored = true;
  };

  return {
    next,
    position: () => {
      if (!isRestored && position !== undefined) return position;
      const oldest = byIndex.values().next().value;
      return { drawn, read, index: oldest?.index ?? read, source: oldest?.position ?? reader.position() };
    },
    close: () => reader.close(),
  };
}
