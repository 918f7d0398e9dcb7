/** What a validation found, and the names under which a run knows its numbers. */
import { describe, isPlain } from '@hebb/tensor/arguments';
import { Tensor } from '@hebb/tensor';
import type { EpochRecord, ValidationRecord } from './callback.ts';
import { TrainingError } from './errors.ts';

/** What a validation found; what `evaluate` returns is such. */
export interface ValidationNumbers {
  /** Numbers such as the steps report, by the same names. `loss`, or else the first, is the validation loss. Default: none. */
  readonly scalars?: Readonly<Record<string, number>>;
  /** Numbers of another kind, by name. Default: none. */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** What is recorded of a validation. */
export type RecordedNumbers = Pick<ValidationRecord, 'validationLoss' | 'validationScalars' | 'metrics'>;

/** The names that are taken by every run. */
const losses = ['loss', 'validationLoss'];

/** Throws TrainingError for metrics with a name that a loss of every run has: whoever asked for it would get the other number. */
export function requireMetricNames(where: string, names: Iterable<string>): void {
  for (const name of names) {
    if (!losses.includes(name)) continue;
    throw new TrainingError(`[${where}] a metric is called ${name}, as a loss of the run is.`, {
      hint: 'Give it another name: { logLoss }, { testLoss }.',
    });
  }
}

/**
 * What `validate` of a run returned: numbers by name (`loss` is the validation loss, the others are metrics), or {@link ValidationNumbers}.
 *
 * @throws TrainingError for anything else
 */
export function recordedNumbers(where: string, given: unknown): RecordedNumbers {
  const parts = isParted(given) ? given : partsOf(where, given);
  const { scalars = {}, metrics = {} } = parts;
  for (const named of [scalars, metrics]) requireNumbersByName(where, named);
  requireMetricNames(where, Object.keys(metrics));
  const loss = 'loss' in scalars ? 'loss' : Object.keys(scalars)[0];
  const validationLoss = loss === undefined ? undefined : scalars[loss];
  return {
    ...(validationLoss !== undefined && { validationLoss }),
    validationScalars: { ...scalars },
    metrics: { ...metrics },
  };
}

function isParted(given: unknown): given is ValidationNumbers {
  const { scalars, metrics } = Object(given) as { scalars?: unknown; metrics?: unknown };
  return isPlain(scalars) || isPlain(metrics);
}

function partsOf(where: string, given: unknown): ValidationNumbers {
  requireNumbersByName(where, given);
  const { loss, ...metrics } = given;
  return { ...(loss !== undefined && { scalars: { loss } }), metrics };
}

function requireNumbersByName(where: string, given: unknown): asserts given is Readonly<Record<string, number>> {
  if (!isPlain(given)) {
    throw new TrainingError(`[${where}] validation must give numbers by name, not ${describe(given)}.`, {
      hint:
        given === undefined
          ? 'Does the function return what it computes?'
          : 'Return { loss, accuracy }, or what evaluate returns.',
    });
  }
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === 'number') continue;
    throw new TrainingError(`[${where}] ${name}, found by validation, must be a number, not ${describe(value)}.`, {
      hint: value instanceof Tensor ? 'Read it: await value.item().' : 'Return { loss, accuracy }, or what evaluate returns.',
    });
  } // prettier-ignore
}

/**
 * The numbers of a record by the names that monitors know them by: `loss` and `validationLoss`; metrics by their own; scalars of the steps by their own where no
 * metric is called so; what validation found of a scalar as `validationScalar`, `dLoss` as `validationDLoss`.
 */
export function numbersOf(record: ValidationRecord | EpochRecord): Readonly<Record<string, number>> {
  const { loss, validationLoss, metrics, scalars, validationScalars } = record;
  const validated = Object.entries(validationScalars).map(([name, value]) => [validationName(name), value] as const);
  return {
    ...scalars,
    ...Object.fromEntries(validated),
    ...metrics,
    loss,
    ...(validationLoss !== undefined && { validationLoss }),
  };
}

/** `dLoss` → `validationDLoss`. */
function validationName(name: string): string {
  return `validation${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}
