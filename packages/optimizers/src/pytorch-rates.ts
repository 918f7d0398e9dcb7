/** Rates under a schedule: `lr` and `initial_lr` of PyTorch's groups, `learningRate` and `factor` here. */
import { ArgumentError } from '@hebb/tensor';

export interface Rates {
  /** What the rates of all groups are multiplied by: lr / initial_lr. */
  readonly factor: number;
  /** Of each group initial_lr, and lr where no schedule has been. */
  readonly learningRates: readonly unknown[];
}

/** Schedules of PyTorch multiply what they have multiplied before, so quotients that are one differ by what was rounded. */
const isProduct = (lr: number, initial: number, factor: number): boolean =>
  Math.abs(lr - initial * factor) <= 1e-9 * Math.abs(lr) + 1e-15 * Math.abs(initial);

/** Throws {@link ArgumentError} where a schedule has changed the rates of groups in different proportions. */
export function ratesOf(op: string, groups: readonly ReadonlyMap<string, unknown>[]): Rates {
  const rates = groups.map((group) => ({ lr: group.get('lr'), initial: group.get('initial_lr') ?? group.get('lr') }));
  // What is no number is refused with the other options, when the state is loaded.
  const numbers = rates.filter((each): each is { lr: number; initial: number } =>
    Object.values(each).every((rate) => typeof rate === 'number'),
  );
  const first = numbers.find(({ initial }) => initial !== 0);
  const factor = first === undefined ? 1 : first.lr / first.initial;
  if (!numbers.every(({ lr, initial }) => isProduct(lr, initial, factor))) {
    const quotients = rates.map(({ lr, initial }) => `${String(lr)} / ${String(initial)}`);
    throw new ArgumentError(
      `[${op}] lr / initial_lr must be one for all of param_groups, as optimizer.factor is, not ${quotients.join(', ')}.`,
      { hint: 'Delete initial_lr from the groups to go on with lr as it is, without that schedule.' },
    );
  }
  return { factor, learningRates: rates.map(({ initial }) => initial) };
}

/** The rates of a group as PyTorch has them, so that a scheduler made with `last_epoch` goes on. */
export function scheduledRates(learningRate: number, factor: number): Readonly<Record<string, number>> {
  return factor === 1 ? { lr: learningRate } : { lr: learningRate * factor, initial_lr: learningRate };
}
