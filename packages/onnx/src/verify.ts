/** `verifyOnnx`: whether a file computes what the model does, by a runtime that knows nothing of Hebb. */
import { Tensor, tensor } from '@hebb/tensor';
import { between, checkOptions, requireBytes, requireInteger, type OptionNames } from '@hebb/tensor/arguments';
import { OnnxRuntimeError } from './errors.ts';
import { callModel, inEvaluationMode, requireSource, tensorsOf, type ModelResult, type OnnxSource } from './model.ts';
import { openOnnx, readInputs, requireInputs, type OnnxArray, type OnnxInputs } from './runtime.ts';

export interface VerifyOptions {
  /** Rows (along the first axis) that run at once. Default 256; Infinity for inputs that share no first axis. */
  batchSize?: number;
  /** Largest |difference| / (1 + |expected|) that counts as equal. Default 1e-4, some float32 roundings in a deep model. */
  tolerance?: number;
}

const verifyOptions: OptionNames<VerifyOptions> = { batchSize: requireBatchSize, tolerance: between(0, Infinity) };

function requireBatchSize(where: string, name: string, value: unknown): void {
  if (value !== Infinity) requireInteger(where, name, value, 1);
}

export interface OutputDifference {
  readonly name: string;
  readonly shape: readonly number[];
  /** max |file − model|. */
  readonly maxAbsoluteDifference: number;
  /** max |file − model| / |model| over the elements with |model| > 10⁻⁶ · max |model|. */
  readonly maxRelativeDifference: number;
  /** Share of rows along the last axis whose largest element is at the same place. */
  readonly agreement: number;
}

export interface Verification extends Omit<OutputDifference, 'name' | 'shape'> {
  /** Whether every element lies within the tolerance. */
  readonly ok: boolean;
  /** Rows compared: along the first axis of the first output; 1 where it is a number. */
  readonly rows: number;
  readonly outputs: readonly OutputDifference[];
  /** One line per output, for people. */
  toString(): string;
}

/**
 * Runs a file in onnxruntime and the model on the current device, in evaluation mode, on the same sample, and compares.
 *
 * ```ts
 * const proof = await verifyOnnx(bytes, model, sample);
 * console.log(String(proof));  // logits float32[64,10]: largest difference 4.8e-7 (relative 1.1e-6), argmax agrees on 100 %
 * ```
 *
 * @param sample - a tensor, or inputs by name in the order of the model's arguments
 *
 * Throws `ArgumentError` for inputs that are given one by one or in an array, {@link OnnxRuntimeError} where onnxruntime-node is not installed, refuses the file, or returns other shapes than the model.
 */
export async function verifyOnnx(
  bytes: Uint8Array,
  model: OnnxSource,
  sample: OnnxInputs,
  options: VerifyOptions = {},
): Promise<Verification> {
  requireBytes('verifyOnnx', 'the file', bytes);
  requireSource('verifyOnnx', model);
  requireInputs('verifyOnnx', options instanceof Tensor ? [sample, options] : sample);
  checkOptions('verifyOnnx', options, verifyOptions);
  const { batchSize = 256, tolerance = 1e-4 } = options;
  const session = await openOnnx(bytes);
  try {
    const inputs = await readInputs(session, sample);
    const order = sample instanceof Tensor ? session.inputNames.slice(0, 1) : Object.keys(sample);
    const comparisons = session.outputNames.map((name) => new Comparison(name, tolerance));
    let rows = 0;
    for (const batch of batches(inputs, batchSize)) {
      const actual = await session.run(batch);
      const tensors = order.map((name) => toHebb(batch[name] as OnnxArray));
      const expected = outputsOf(
        inEvaluationMode(model, () => callModel(model, tensors)),
        session.outputNames,
      );
      for (const comparison of comparisons) {
        const output = expected[comparison.name] as Tensor;
        comparison.add(actual[comparison.name] as OnnxArray, output.shape, await output.data());
      }
      rows += expected[session.outputNames[0] ?? '']?.shape[0] ?? 1;
    }
    return summarize(comparisons, rows);
  } finally {
    await session.release();
  }
}

function toHebb({ dtype, shape, data }: OnnxArray): Tensor {
  if (dtype === 'int64') throw new OnnxRuntimeError('internal: a Hebb tensor is never int64');
  return tensor(data as Float32Array | Int32Array | Uint8Array, { shape, dtype });
}

/** Cuts inputs along the first axis, where all have the same number of rows. */
function* batches(
  inputs: Readonly<Record<string, OnnxArray>>,
  batchSize: number,
): Generator<Record<string, OnnxArray>> {
  const counts = new Set(Object.values(inputs).map(({ shape }) => shape[0]));
  const [rows = 1] = counts;
  if (counts.size !== 1 || rows <= batchSize) {
    yield inputs;
    return;
  }
  for (let start = 0; start < rows; start += batchSize) {
    const count = Math.min(batchSize, rows - start);
    const part = Object.entries(inputs).map(([name, { dtype, shape, data }]) => {
      const width = data.length / rows;
      return [
        name,
        { dtype, shape: [count, ...shape.slice(1)], data: data.slice(start * width, (start + count) * width) },
      ] as const;
    });
    yield Object.fromEntries(part);
  }
}

/** The model's results by the names of the file's outputs: of a record by key, otherwise in order. */
function outputsOf(result: ModelResult, names: readonly string[]): Readonly<Record<string, Tensor>> {
  const named =
    result instanceof Tensor || Array.isArray(result)
      ? Object.fromEntries(tensorsOf(result).map((value, i) => [names[i] ?? i, value]))
      : result;
  const missing = names.filter((name) => (named as Readonly<Record<string, Tensor>>)[name] === undefined);
  if (missing.length > 0)
    throw new OnnxRuntimeError(
      `[verifyOnnx] the file has the outputs ${names.join(', ')}; the model does not return ${missing.join(', ')}.`,
    );
  return named as Readonly<Record<string, Tensor>>;
}

/** Collects the differences of one output over batches. */
class Comparison {
  readonly name: string;
  readonly #tolerance: number;
  #shape: number[] = [];
  #absolute = 0;
  #exceeded = false;
  #expected: number[] = [];
  #differences: number[] = [];
  #agreeing = 0;
  #rows = 0;

  constructor(name: string, tolerance: number) {
    this.name = name;
    this.#tolerance = tolerance;
  }

  add(actual: OnnxArray, shape: readonly number[], expected: ArrayLike<number>): void {
    if (actual.shape.join() !== shape.join()) {
      throw new OnnxRuntimeError(
        `[verifyOnnx] output '${this.name}' has the shape [${actual.shape.join(', ')}] in the file, [${shape.join(', ')}] in the model.`,
      );
    }
    this.#shape = this.#shape.length === 0 ? [...shape] : [(this.#shape[0] ?? 0) + (shape[0] ?? 0), ...shape.slice(1)];
    const values = Array.from(actual.data as ArrayLike<number | bigint>, Number);
    values.forEach((value, i) => this.#element(value, expected[i] ?? 0));
    const width = Math.max(shape.at(-1) ?? 1, 1);
    const rows = values.length / width;
    for (let row = 0; row < rows; row++) {
      if (argmax(values, row * width, width) === argmax(expected, row * width, width)) this.#agreeing++;
    }
    this.#rows += rows;
  }

  #element(value: number, expected: number): void {
    const difference =
      Object.is(value, expected) || value === expected
        ? 0
        : Number.isNaN(value - expected)
          ? Infinity
          : Math.abs(value - expected);
    this.#absolute = Math.max(this.#absolute, difference);
    if (difference > this.#tolerance * (1 + Math.abs(expected))) this.#exceeded = true;
    this.#expected.push(Math.abs(expected));
    this.#differences.push(difference);
  }

  get exceeded(): boolean {
    return this.#exceeded;
  }

  result(): OutputDifference {
    const largest = this.#expected.reduce((a, b) => (Number.isFinite(b) ? Math.max(a, b) : a), 0);
    const relative = this.#differences.reduce((worst, difference, i) => {
      const expected = this.#expected[i] ?? 0;
      return expected > 1e-6 * largest && Number.isFinite(expected) ? Math.max(worst, difference / expected) : worst;
    }, 0);
    return {
      name: this.name,
      shape: this.#shape,
      maxAbsoluteDifference: this.#absolute,
      maxRelativeDifference: relative,
      agreement: this.#rows === 0 ? 1 : this.#agreeing / this.#rows,
    };
  }
}

function argmax(values: ArrayLike<number>, start: number, width: number): number {
  let best = start;
  for (let i = start + 1; i < start + width; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best - start;
}

function summarize(comparisons: readonly Comparison[], rows: number): Verification {
  const outputs = comparisons.map((comparison) => comparison.result());
  const ok = comparisons.every(({ exceeded }) => !exceeded);
  return {
    ok,
    rows,
    outputs,
    maxAbsoluteDifference: Math.max(0, ...outputs.map((output) => output.maxAbsoluteDifference)),
    maxRelativeDifference: Math.max(0, ...outputs.map((output) => output.maxRelativeDifference)),
    agreement: Math.min(1, ...outputs.map((output) => output.agreement)),
    toString: () =>
      outputs
        .map(({ name, shape, maxAbsoluteDifference, maxRelativeDifference, agreement }) => {
          const differences = `largest difference ${maxAbsoluteDifference.toPrecision(2)} (relative ${maxRelativeDifference.toPrecision(2)})`;
          return `${name} [${shape.join(', ')}]: ${differences}, argmax agrees on ${(100 * agreement).toFixed(agreement === 1 ? 0 : 2)} %`;
        })
        .join('\n'),
  };
}
