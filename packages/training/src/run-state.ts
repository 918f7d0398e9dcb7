/** Where a run stands, as it is saved, and what is wrong with a state that is none. */
import type { Cursor } from '@hebb/data';
import { defaultGenerator } from '@hebb/tensor';
import { describe, isPlain } from '@hebb/tensor/arguments';
import type { RunTimes } from './run-clock.ts';
import type { LogState, LogTimes } from './run-log.ts';
import type { ScheduleRecords, Schedules } from './schedule.ts';

/** All but `times` is the same whether the run was cut or not. */
export type RunState = {
  readonly step: number;
  readonly stepOfEpoch: number;
  /** The next batch. */
  readonly cursor: Cursor;
  /** The data's number of the epoch that is going on. */
  readonly dataEpoch: number;
  /** Whether what was due after the last step has been done. */
  readonly isSettled: boolean;
  readonly stopReason: string | undefined;
  /** The default generator's. */
  readonly generator: { readonly seed: number; readonly draws: number };
  /** The last factors of schedules without a state of their own. */
  readonly schedules: ScheduleRecords;
  readonly log: LogState;
  readonly times: LogTimes & RunTimes;
};

type Fields = Readonly<Record<string, unknown>>;

/**
 * Every reason why a state is not one of a run over data of that length with these schedules. A file that was damaged, or written by hand, is found here, and not as a loop
 * without end or a history with holes.
 */
export function runStateDifferences(
  given: unknown,
  { stepsPerEpoch, schedules: own }: { readonly stepsPerEpoch: number | undefined; readonly schedules: Schedules },
): readonly string[] {
  if (!isPlain(given)) return [`the state of a run must be an object, not ${describe(given)}`];
  const { step, stepOfEpoch, cursor, dataEpoch, isSettled, stopReason, generator, schedules, log, times } =
    given as Fields;
  const found = [
    ...countDifferences({ step, stepOfEpoch, dataEpoch }),
    ...cursorDifferences(cursor, dataEpoch, stepsPerEpoch),
    ...kindDifference('isSettled', isSettled, 'true or false', typeof isSettled === 'boolean'),
    ...kindDifference(
      'stopReason',
      stopReason,
      'a text, or undefined',
      ['string', 'undefined'].includes(typeof stopReason),
    ),
    ...defaultGenerator.differences(generator).map((reason) => `generator: ${reason}`),
    ...own.differences(schedules),
    ...logDifferences(log, step),
    ...timeDifferences(times),
  ];
  if (found.length > 0) return found;
  const [made, ofEpoch] = [step as number, stepOfEpoch as number];
  if (ofEpoch > made) found.push(`stepOfEpoch is ${ofEpoch}, and the run has made ${made} steps`);
  if (stepsPerEpoch !== undefined && ofEpoch > stepsPerEpoch)
    found.push(`stepOfEpoch is ${ofEpoch}, and an epoch has ${stepsPerEpoch} steps`);
  return found;
}

function cursorDifferences(cursor: unknown, dataEpoch: unknown, length: number | undefined): readonly string[] {
  const { epoch, batch } = Object(cursor) as Fields;
  if (!isPlain(cursor) || !isCount(epoch) || !isCount(batch)) {
    const shown = isPlain(cursor) ? `{ epoch: ${describe(epoch)}, batch: ${describe(batch)} }` : describe(cursor);
    return [`cursor must be { epoch, batch } with integers ≥ 0, not ${shown}`];
  }
  if (length !== undefined && batch > length)
    return [`cursor is at batch ${batch}, and an epoch has ${length} batches`];
  if (isCount(dataEpoch) && epoch !== dataEpoch && epoch !== dataEpoch + 1)
    return [`cursor is in epoch ${epoch} of the data, and the run in epoch ${dataEpoch}`];
  return [];
}

function logDifferences(log: unknown, step: unknown): readonly string[] {
  if (!isPlain(log)) return [`log must be an object, not ${describe(log)}`];
  const { lossName, scalars, learningRates, epochs, validations, examples, sums } = log as Fields;
  const found: string[] = [
    ...kindDifference(
      'log.lossName',
      lossName,
      'a text, or undefined',
      ['string', 'undefined'].includes(typeof lossName),
    ),
    ...countDifferences({ 'log.examples': examples }),
  ];
  for (const [name, lists] of Object.entries({ scalars, learningRates })) {
    if (!isPlain(lists)) found.push(`log.${name} must be numbers of the steps by name, not ${describe(lists)}`);
    else
      for (const [each, values] of Object.entries(lists))
        found.push(...numbersDifferences(`log.${name}.${each}`, values, step));
  }
  found.push(...recordsDifferences('log.epochs', epochs), ...recordsDifferences('log.validations', validations));
  const isSums = isPlain(sums) && Object.values(sums as Fields).every((total) => isTotal(total));
  return [...found, ...kindDifference('log.sums', sums, '{ sum, weight } by name', isSums)];
}

function isTotal(total: unknown): boolean {
  const { sum, weight } = Object(total) as Fields;
  return typeof sum === 'number' && isTime(weight);
}

/** One number for each step. */
function numbersDifferences(name: string, values: unknown, step: unknown): readonly string[] {
  if (!(values instanceof Float64Array)) return [`${name} must be a Float64Array, not ${describe(values)}`];
  if (!isCount(step) || values.length === step) return [];
  return [`${name} has ${values.length} numbers, and the run has made ${step} steps`];
}

/** Of epochs and validations. */
function recordsDifferences(name: string, records: unknown): readonly string[] {
  if (!Array.isArray(records)) return [`${name} must be an array, not ${describe(records)}`];
  return records.flatMap((record: unknown, i) => {
    const { epoch, step, loss, ...named } = Object(record) as Fields;
    const { scalars, validationScalars, metrics, learningRates = {} } = named; // of validations no rates
    const isRecord =
      isCount(epoch) &&
      isCount(step) &&
      typeof loss === 'number' &&
      [scalars, validationScalars, metrics, learningRates].every(areNumbers);
    return kindDifference(`${name}[${i}]`, record, '{ epoch, step, loss, scalars, metrics, … }', isRecord);
  });
}

function areNumbers(values: unknown): boolean {
  return isPlain(values) && Object.values(values as Fields).every((value) => typeof value === 'number');
}

/** Nobody goes by times, but sums of them are shown. */
function timeDifferences(times: unknown): readonly string[] {
  if (!isPlain(times)) return [`times must be an object, not ${describe(times)}`];
  const { seconds, epochSeconds, epochValidationSeconds, epochs, validations } = times as Fields;
  const found = Object.entries({ seconds, epochSeconds, epochValidationSeconds }).flatMap(([name, value]) =>
    kindDifference(`times.${name}`, value, 'a number ≥ 0', isTime(value)),
  );
  const areLists =
    Array.isArray(epochs) && epochs.every(isPlain) && Array.isArray(validations) && validations.every(isTime);
  return [...found, ...kindDifference('times', times, 'seconds of all epochs and validations', areLists)];
}

function countDifferences(counts: Fields): readonly string[] {
  return Object.entries(counts).flatMap(([name, value]) =>
    kindDifference(name, value, 'an integer ≥ 0', isCount(value)),
  );
}

function kindDifference(name: string, value: unknown, expected: string, isRight: boolean): readonly string[] {
  return isRight ? [] : [`${name} must be ${expected}, not ${describe(value)}`];
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}
