import { ArgumentError, type Stateful } from '@hebb/tensor';
import {
  checkOptions,
  describe,
  requireFittingState,
  requireInteger,
  requireNumber,
  requireOneOf,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { isCount, isRate, isRecord } from '../state.ts';
import { requireNotNegative } from './schedule.ts';

export interface PlateauScheduleOptions {
  /** Whether lower or higher values are better. Default 'min'. */
  goal?: 'min' | 'max';
  /** What the rate is multiplied by, < 1. Default 0.1. */
  factor?: number;
  /** Values without an improvement that are tolerated. Default 10. */
  patience?: number;
  /** The relative change that counts as an improvement. Default 1e-4. */
  threshold?: number;
  /** Values after a fall that are not counted. Default 0. */
  cooldown?: number;
  /** The factor does not fall below. Default 0. */
  minimum?: number;
}

const plateauOptions: OptionNames<PlateauScheduleOptions> = {
  goal: true,
  factor: true,
  patience: true,
  threshold: true,
  cooldown: true,
  minimum: true,
};

/** What a {@link PlateauSchedule} has seen. */
export type PlateauState = {
  readonly type: 'PlateauSchedule';
  readonly factor: number;
  /** The best value so far; undefined where there was none but NaN. */
  readonly best: number | undefined;
  /** Values without an improvement since. */
  readonly waited: number;
  /** Values still to leave out. */
  readonly cooling: number;
};

/**
 * Lowers the rate where a value (a validation loss, a metric) has stopped improving: PyTorch's `ReduceLROnPlateau` with a relative threshold.
 * NaN is no improvement.
 *
 * ```ts
 * const plateau = new PlateauSchedule({ patience: 1, factor: 0.5 });
 * for (const loss of [1, 0.8, 0.8, 0.8]) plateau.observe(loss);
 * plateau.factor; // 0.5
 * ```
 */
export class PlateauSchedule implements Stateful<PlateauState> {
  static readonly type = 'PlateauSchedule';

  readonly #options: Required<PlateauScheduleOptions>;
  #state: PlateauState = { type: PlateauSchedule.type, factor: 1, best: undefined, waited: 0, cooling: 0 };

  constructor(options: PlateauScheduleOptions = {}) {
    const op = 'PlateauSchedule';
    checkOptions(op, options, plateauOptions);
    const { goal = 'min', factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, minimum = 0 } = options;
    requireOneOf(op, 'goal', goal, ['min', 'max']);
    requireNotNegative(op, { factor, threshold, minimum });
    requireInteger(op, 'patience', patience, 0);
    requireInteger(op, 'cooldown', cooldown, 0);
    if (!(factor < 1)) throw new ArgumentError(`[${op}] factor must be < 1, not ${factor}: the rate is to fall.`);
    this.#options = { goal, factor, patience, threshold, cooldown, minimum };
  }

  /** Whether lower or higher values are better. */
  get goal(): 'min' | 'max' {
    return this.#options.goal;
  }

  /** What the rates are to be multiplied by now: `optimizer.factor = plateau.factor`. */
  get factor(): number {
    return this.#state.factor;
  }

  /** Takes note of a value and returns the factor. */
  observe(value: number): number {
    requireNumber('PlateauSchedule.observe', 'the value', value);
    const { patience, cooldown, factor: by, minimum } = this.#options;
    let { factor, best, waited, cooling } = this.#state;
    if (this.#improves(value, best)) {
      best = value;
      waited = 0;
    } else waited++;
    if (cooling > 0) {
      cooling--;
      waited = 0;
    }
    if (waited > patience) {
      factor = Math.max(factor * by, Math.min(minimum, factor));
      cooling = cooldown;
      waited = 0;
    }
    this.#state = { type: PlateauSchedule.type, factor, best, waited, cooling };
    return factor;
  }

  #improves(value: number, best: number | undefined): boolean {
    const { goal, threshold } = this.#options;
    if (Number.isNaN(value)) return false;
    if (best === undefined) return true;
    return goal === 'min' ? value < best * (1 - threshold) : value > best * (1 + threshold);
  }

  stateDict(): PlateauState {
    return { ...this.#state };
  }

  differences(state: unknown): readonly string[] {
    const own = PlateauSchedule.type;
    if (!isRecord(state) || state['type'] !== own) return [`the state is that of something else, not of a ${own}`];
    const { factor, best, waited, cooling } = state;
    const found: string[] = [];
    if (!isRate(factor) || factor > 1) found.push(`factor must be a number from 0 to 1, not ${describe(factor)}`);
    if (best !== undefined && (typeof best !== 'number' || Number.isNaN(best)))
      found.push(`best must be a number that is not NaN, or undefined, not ${describe(best)}`);
    for (const [name, value] of Object.entries({ waited, cooling }))
      if (!isCount(value)) found.push(`${name} must be an integer ≥ 0, not ${describe(value)}`);
    return found;
  }

  loadStateDict(state: PlateauState): void {
    requireFittingState(PlateauSchedule.type, this.differences(state));
    const { factor, best, waited, cooling } = state;
    this.#state = { type: PlateauSchedule.type, factor, best, waited, cooling };
  }
}
