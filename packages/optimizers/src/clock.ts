/** Counts on the host that compiled functions go by: they count calls, not recordings. */
import { currentRecording, guard, scalar, type Tensor } from '@hebb/tensor';

/**
 * A count that moves on at every call of what was recorded, and that a recording may branch on. A compiled function is recorded once for each
 * way in which it has decided, whichever of its calls to {@link tick} a decision comes after.
 */
export class Clock {
  count = 0;
  /** The recording that looked at the clock last, the count when it began and the ticks recorded since. */
  #recording: WeakRef<object> | undefined;
  #origin = 0;
  #ticks = 0;

  /** What follows from the count, guarded: a compiled function that finds another answer is recorded anew. */
  decide<T extends string | number | boolean>(decision: (count: number) => T): T {
    if (!this.#isRecorded()) return decision(this.count);
    const [origin, ticks] = [this.#origin, this.#ticks];
    // While recording, the scalars recorded before have moved the count already; at the later checks of the guard none of the call's have.
    let recording = true;
    return guard(() => {
      const start = recording ? origin : this.count;
      recording = false;
      return decision(start + ticks);
    });
  }

  /** Records that the count moves on. `then` hears of the new count, at each call. */
  tick(then?: (count: number) => void): void {
    if (this.#isRecorded()) this.#ticks++;
    atEachCall(() => {
      this.count++;
      then?.(this.count);
    });
  }

  #isRecorded(): boolean {
    const recording = currentRecording();
    if (recording !== undefined && this.#recording?.deref() !== recording) {
      this.#recording = new WeakRef(recording);
      this.#origin = this.count;
      this.#ticks = 0;
    }
    return recording !== undefined;
  }
}

/** Records an effect on the host: it happens now, and inside a compiled function at each call, in the order of recording. */
export function atEachCall(effect: () => unknown): void {
  scalar(() => {
    effect();
    return 0;
  });
}

/** Scalars by name, made of numbers that `numbers` gives at each call. */
export function scalarsByName(
  names: readonly string[],
  numbers: () => Readonly<Record<string, number | undefined>>,
): Readonly<Record<string, Tensor>> {
  const scalars: Record<string, Tensor> = {};
  for (const name of names) scalars[name] = scalar(() => numbers()[name] as number);
  return scalars;
}
