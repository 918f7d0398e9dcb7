/** A float32 tensor kept for each parameter, with a count: the state of averages, slow weights and sums of gradients. */
import { assign, Tensor, variable, zeros, zerosLike } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';
import { Cohorts } from '../cohorts.ts';
import { entriesOf, isCount, isRecord } from '../state.ts';

/** By the parameter's name: the count, and the tensor under a name of its own. Without those whose count is 0. */
export type KeptState = ReadonlyMap<string, Readonly<Record<string, Tensor | number>>>;

export class KeptTensors {
  readonly cohorts: Cohorts;
  readonly #parameters: ReadonlyMap<string, Tensor>;
  readonly #kept: ReadonlyMap<string, Tensor>;

  /**
   * @param endsStep - whether a new value ends a step, as that of a parameter does: a loop without `compile` computes what it has recorded
   *   when it comes round to it.
   */
  constructor(parameters: ReadonlyMap<string, Tensor>, { endsStep = false }: { endsStep?: boolean } = {}) {
    this.#parameters = parameters;
    this.#kept = new Map(
      [...parameters].map(([name, { shape }]) => [name, variable(zeros(shape), { requiresGrad: endsStep })]),
    );
    this.cohorts = new Cohorts([parameters.keys()]);
  }

  of(name: string): Tensor {
    return this.#kept.get(name) as Tensor;
  }

  /** Names whose count is not 0. */
  counted(): string[] {
    return [...this.#kept.keys()].filter((name) => this.cohorts.count(name) > 0);
  }

  state(slot: string): KeptState {
    return new Map(this.counted().map((name) => [name, { step: this.cohorts.count(name), [slot]: this.of(name) }]));
  }

  differences(given: unknown, slot: string): string[] {
    const entries = entriesOf(given);
    if (entries === undefined) return [`state must be a Map by the names of parameters, not ${describe(given)}`];
    return entries.flatMap(([name, entry]) => {
      const parameter = this.#parameters.get(name);
      if (parameter === undefined) return [`unexpected ${name}.${slot}`];
      if (!isRecord(entry) || !isCount(entry['step'])) return [`the state of ${name} must have a step, an integer ≥ 0`];
      const saved = entry[slot];
      if (!(saved instanceof Tensor)) return [`missing ${name}.${slot}`];
      if (saved.dtype === this.of(name).dtype && saved.shape.join() === parameter.shape.join()) return [];
      return [`${name}.${slot} is ${this.of(name)}, in the state ${saved}`];
    });
  }

  load(given: unknown, slot: string): void {
    const counts = new Map<string, number>();
    for (const [name, entry] of entriesOf(given) ?? []) {
      const { step, [slot]: value } = entry as Readonly<Record<string, unknown>>;
      const kept = this.of(name);
      if (value !== kept) assign(kept, value as Tensor);
      counts.set(name, step as number);
    }
    for (const name of this.counted()) if (!counts.has(name)) assign(this.of(name), zerosLike(this.of(name)));
    this.cohorts.load(counts);
  }
}
