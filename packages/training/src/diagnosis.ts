/** Where numbers that are none come from: parameters, batches, or the step itself. */
import type { Module } from '@hebb/layers';
import type { NumericArray } from '@hebb/data';
import type { StepRecord } from './callback.ts';
import { TrainingError } from './errors.ts';

/** Tensors read at once: enough to hide the latency of a device, few enough to need little memory. */
const readsInFlight = 16;

/**
 * Looks through the state of the models before the first step. Afterwards it is too late: one NaN makes all of them NaN.
 *
 * @returns names of parameters and buffers that hold infinities, and of buffers that hold NaN, for {@link lossError}
 * @throws TrainingError for parameters that hold NaN
 */
export async function requireNumbers(where: string, modules: ReadonlyMap<string, Module>): Promise<readonly string[]> {
  const parameters = new Set([...modules.values()].flatMap((module) => module.parameters()));
  const state = [...modules]
    .flatMap(([part, module]) =>
      [...module.stateDict()].map(([name, tensor]) => [modules.size > 1 ? `${part}.${name}` : name, tensor] as const),
    )
    .filter(([, tensor]) => tensor.dtype === 'float32' || tensor.dtype === 'float16');
  const lost: string[] = [];
  const odd: string[] = [];
  for (let start = 0; start < state.length; start += readsInFlight) {
    const part = state.slice(start, start + readsInFlight);
    const values = await Promise.all(part.map(([, tensor]) => tensor.data()));
    part.forEach(([name, tensor], i) => {
      const { nan, infinite } = oddNumbers(values[i] ?? []);
      if (nan > 0 && parameters.has(tensor)) lost.push(`${name} (${nan} of ${tensor.size})`);
      else if (nan + infinite > 0) odd.push(name);
    });
  }
  if (lost.length === 0) return odd;
  throw new TrainingError(`[${where}] parameters hold NaN before the first step: ${lost.join(', ')}.`, {
    hint: 'Look at where they come from: a checkpoint of a run that diverged, or an initialisation of your own.',
  });
}

function oddNumbers(data: ArrayLike<number>): { nan: number; infinite: number } {
  let nan = 0;
  let infinite = 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] ?? 0;
    // Both for NaN and for the infinities.
    if (value - value === 0) continue;
    if (Number.isNaN(value)) nan++;
    else infinite++;
  }
  return { nan, infinite };
}

/** The fields of one batch: arrays, and whatever else a source hands out. */
export type BatchFields = object;

function arraysOf(batch: BatchFields): [string, NumericArray][] {
  return Object.entries(batch).filter((entry): entry is [string, NumericArray] => {
    const { data, shape } = Object(entry[1]) as { data?: unknown; shape?: unknown };
    return ArrayBuffer.isView(data) && Array.isArray(shape);
  });
}

/** `x of this batch holds NaN in example 3`, if it is so. */
function oddField(batch: BatchFields): string | undefined {
  for (const [name, { data, shape }] of arraysOf(batch)) {
    const position = (data as Float32Array).findIndex((value) => value - value !== 0);
    if (position < 0) continue;
    const size = data.length / (shape[0] ?? 1);
    return `${name} of this batch holds ${data[position]}, first in its example ${Math.floor(position / size)}`;
  }
  return undefined;
}

function nameOf(loss: number): string {
  return Number.isNaN(loss) ? 'not a number (NaN)' : loss > 0 ? 'infinite' : 'minus infinity';
}

function isFloat(data: unknown): boolean {
  return data instanceof Float32Array || data instanceof Float64Array;
}

/** What to look for in a batch that is finite; integers are labels or ids, which may be larger than the step has room for. */
function suspects(batch: BatchFields): string {
  const ranges = arraysOf(batch)
    .filter(([, { data, dtype }]) => !isFloat(data) && dtype !== 'bool' && data.length > 0)
    .map(([name, { data }]) => {
      let [low, high] = [Infinity, -Infinity];
      for (const value of data) [low, high] = [Math.min(low, value), Math.max(high, value)];
      return `${name === 'y' ? 'labels' : name} out of range (those of this batch go from ${low} to ${high}), `;
    });
  return `${ranges.join('')}${ranges.length > 0 ? 'and ' : ''}logarithms or quotients of zero in the loss`;
}

/** The error of a training loss that is not a finite number. `odd` are names of the state that held infinities at first. */
export function lossError(
  where: string,
  name: string,
  loss: number,
  note: StepRecord,
  batch: BatchFields,
  stepsPerEpoch: number | undefined,
  odd: readonly string[],
): TrainingError {
  const { step, epoch, stepOfEpoch, learningRate, learningRates } = note;
  const rates = Object.entries(learningRates).map(([own, rate]) => [own, Number(rate.toPrecision(4))] as const);
  const field = oddField(batch);
  let hint: string;
  if (field !== undefined) hint = `${field}: clean the data, or look at the loader’s transform.`;
  else if (odd.length > 0 && step === 1) hint = `These hold infinities or NaN from the start: ${odd.join(', ')}.`;
  else if (step === 1)
    hint = `It is so before any update, and the batch is finite: look for ${suspects(batch)}, or for NaN in what is read beside it.`;
  else if (rates.every(([, rate]) => rate === 0))
    hint = `The parameters do not change at this learning rate: look for ${suspects(batch)}, in this batch.`;
  else {
    const lower = Math.min(0.001, Number((learningRate / 10).toPrecision(2)));
    hint = `Lower the learning rate, e.g. to ${lower}, or clip the gradients; if that does not help, look for ${suspects(batch)}.`;
  }
  const shown =
    rates.length === 1
      ? `the learning rate was ${rates[0]?.[1]}`
      : `the learning rates were ${rates.map(([own, rate]) => `${rate} (${own})`).join(', ')}`;
  const place = `step ${stepOfEpoch}${stepsPerEpoch === undefined ? '' : ` of ${stepsPerEpoch}`}`;
  return new TrainingError(
    `[${where}] ${name === 'loss' ? 'the loss' : name} is ${nameOf(loss)} at epoch ${epoch}, ${place}${rates.length === 0 ? '' : `; ${shown}`}.`,
    { epoch, step, learningRate, loss, hint },
  );
}

/** The error of a validation loss that is not a finite number. */
export function validationLossError(
  where: string,
  loss: number,
  batchNumber: number,
  batch: BatchFields,
): TrainingError {
  const field = oddField(batch);
  return new TrainingError(
    `[${where}] the validation loss is ${nameOf(loss)} in batch ${batchNumber} of the validation data.`,
    {
      loss,
      hint:
        field === undefined
          ? `The training losses were finite: look at the validation data, for ${suspects(batch)}.`
          : `${field}: clean the validation data.`,
    },
  );
}
