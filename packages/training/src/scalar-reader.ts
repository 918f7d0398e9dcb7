/** Reads the numbers of steps while the device computes on: a bounded number of reads is in flight, handed on in order. */
import { realize, Tensor } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import { TrainingError } from './errors.ts';

/** What a step returned: tensors of one number, or numbers that it has read itself. */
export type ReadScalars = Readonly<Record<string, Tensor | number>>;

/** What a step gives to be read: one number, which is called `loss`, or several by name. */
export type Scalars = Tensor | number | ReadScalars;

interface Read<Note> {
  readonly done: Promise<void>;
  readonly state: { values: Record<string, number> | undefined };
  readonly note: Note;
}

export class ScalarReader<Note> {
  readonly #limit: number;
  readonly #handle: (values: Readonly<Record<string, number>>, note: Note) => void;
  readonly #reads: Read<Note>[] = [];

  /**
   * @param limit reads in flight before {@link push} waits
   * @param handle gets the numbers of each step, in the order of the steps; what it throws comes out of `push` or `drain`
   */
  constructor(limit: number, handle: (values: Readonly<Record<string, number>>, note: Note) => void) {
    this.#limit = limit;
    this.#handle = handle;
  }

  /** Starts to read the scalars of a step; waits for the oldest ones only where too many are in flight. */
  async push(scalars: ReadScalars, note: Note): Promise<void> {
    const state: Read<Note>['state'] = { values: undefined };
    const done = read(scalars).then((values) => {
      state.values = values;
    });
    done.catch(() => undefined); // reported where it is awaited
    this.#reads.push({ done, state, note });
    this.#handOn();
    while (this.#reads.length >= this.#limit) await this.#next();
  }

  /** Waits for all steps. */
  async drain(): Promise<void> {
    while (this.#reads.length > 0) await this.#next();
  }

  async #next(): Promise<void> {
    await this.#reads[0]?.done;
    this.#handOn();
  }

  #handOn(): void {
    for (let read = this.#reads[0]; read?.state.values !== undefined; read = this.#reads[0]) {
      this.#reads.shift();
      this.#handle(read.state.values, read.note);
    }
  }
}

async function read(scalars: ReadScalars): Promise<Record<string, number>> {
  const entries = Object.entries(scalars);
  const [first] = entries;
  if (first?.[1] instanceof Tensor && entries.length === 1) return { [first[0]]: await first[1].item() };
  const tensors = entries.map(([, value]) => value).filter((value) => value instanceof Tensor);
  // Of a step that is not compiled one scalar may be computed from another: asked for together, they are one plan.
  if (tensors.length > 1) realize(tensors).catch(() => undefined); // what fails here fails below
  const values = await Promise.all(
    entries.map(([, value]) => (typeof value === 'number' ? Promise.resolve(value) : value.item())),
  );
  return Object.fromEntries(entries.map(([name], i) => [name, values[i] ?? Number.NaN]));
}

/** What a step gave, by name. Throws TrainingError for anything but single numbers. */
export function namedScalars(where: string, scalars: Scalars): ReadScalars {
  const named: unknown = scalars instanceof Tensor || typeof scalars === 'number' ? { loss: scalars } : scalars;
  const entries = Object.entries(Object(named) as ReadScalars);
  const odd = entries.find(([, value]) => typeof value !== 'number' && !(value instanceof Tensor && value.size === 1));
  if (entries.length > 0 && odd === undefined && !(named instanceof Promise)) return named as ReadScalars;
  throw new TrainingError(
    odd === undefined
      ? `[${where}] a step must report its loss, or several numbers by name, not ${describe(scalars)}.`
      : `[${where}] ${odd[0]} of a step must be a single number, a tensor, not ${describe(odd[1])}.`,
    { hint: 'Report e.g. { loss }, where loss is a tensor of one number.' },
  );
}
