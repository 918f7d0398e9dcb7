/** Averages of parameters over the steps of training, and their turn in the parameters' place. */
import { ArgumentError, assign, currentRecording, guard, scalar, type State, type Tensor } from '@hebb/tensor';
import { typeNameOf } from '@hebb/tensor/arguments';
import type { Gradients } from '../gradients.ts';
import { isCount } from '../state.ts';
import { Clock } from '../clock.ts';
import type { TrainingOptimizer } from '../training-optimizer.ts';
import { KeptTensors } from './tensors.ts';
import { allParametersOf, OptimizerWrapper } from './wrapper.ts';

/**
 * Base class of optimizers that keep an average a of each parameter p: after a step that {@link takes} says, a ← a + share · (p − a).
 * Frozen parameters have no average; one that is unfrozen later starts with its own first value.
 */
export abstract class AveragingWrapper<T extends TrainingOptimizer = TrainingOptimizer> extends OptimizerWrapper<T> {
  readonly keepsAverages = true;
  readonly #parameters: ReadonlyMap<string, Tensor>;
  /** The averages, or the trained values while the averages are applied: the two swap places. */
  readonly #kept: KeptTensors;
  /** Counts updates. */
  readonly #clock = new Clock();
  #isApplied = false;

  constructor(optimizer: T) {
    super(optimizer);
    this.#parameters = allParametersOf(optimizer);
    this.#kept = new KeptTensors(this.#parameters);
  }

  /** Whether the value after an update, counted from 1, enters the average. */
  protected abstract takes(update: number): boolean;
  /** The share of the new value in the average, when it is the so-manieth, from 1. */
  protected abstract share(count: number): number;

  step(gradients?: Gradients): void {
    if (guard(() => this.#isApplied)) {
      throw new ArgumentError(`[${typeNameOf(this)}.step] the parameters hold their averages.`, {
        hint: 'Call restore() before training goes on.',
      });
    }
    const names = [...this.parameters.keys()];
    if (!this.stepWrapped(gradients)) return;
    const takes = this.#clock.decide((count) => this.takes(count + 1));
    this.#clock.tick();
    if (!takes) return;
    for (const cohort of this.#kept.cohorts.of(names)) {
      cohort.tick();
      const share = scalar(() => this.share(cohort.count));
      for (const name of cohort.names) {
        const average = this.#kept.of(name);
        const parameter = this.#parameters.get(name) as Tensor;
        assign(average, average.add(parameter.sub(average).mul(share)));
      }
    }
  }

  override get isApplied(): boolean {
    return this.#isApplied;
  }

  override apply(): void {
    if (!this.#isApplied) this.#swap('apply');
  }

  override restore(): void {
    if (this.#isApplied) this.#swap('restore');
  }

  #swap(what: string): void {
    if (currentRecording() !== undefined) {
      throw new ArgumentError(`[${typeNameOf(this)}.${what}] a compiled function cannot swap weights.`, {
        hint: 'Swap them between calls; compiled functions read the new values.',
      });
    }
    for (const name of this.#kept.counted()) {
      const parameter = this.#parameters.get(name) as Tensor;
      const kept = this.#kept.of(name);
      const [inside, outside] = [parameter.detach(), kept.detach()];
      assign(parameter, outside.to(parameter.dtype));
      assign(kept, inside.to(kept.dtype));
    }
    this.#isApplied = !this.#isApplied;
  }

  protected ownState(): Readonly<Record<string, State>> {
    return {
      updates: this.#clock.count,
      isApplied: this.#isApplied,
      state: this.#kept.state(slotOf(this.#isApplied)),
    };
  }

  protected ownDifferences({ updates, isApplied, state }: Readonly<Record<string, unknown>>): readonly string[] {
    if (!isCount(updates) || typeof isApplied !== 'boolean')
      return ['updates must be an integer, isApplied true or false'];
    return this.#kept.differences(state, slotOf(isApplied));
  }

  protected loadOwnState({ updates, isApplied, state }: Readonly<Record<string, unknown>>): void {
    this.#clock.count = updates as number;
    this.#isApplied = isApplied as boolean;
    this.#kept.load(state, slotOf(isApplied as boolean));
  }
}

/** What is kept beside the parameters: their averages, or while those are applied, the trained values. */
function slotOf(isApplied: boolean): string {
  return isApplied ? 'trained' : 'average';
}
