/** Running ONNX files with onnxruntime-node, an optional peer dependency that is loaded when it is first needed. */
import { tensor, Tensor, type DType } from '@hebb/tensor';
import { halfBits, halfValue, isPlain, requireBytes, requireTensor, wrongArgument } from '@hebb/tensor/arguments';
import type * as Runtime from 'onnxruntime-node';
import { OnnxRuntimeError } from './errors.ts';
import { importOptional } from './optional.js';
import { elementTypes } from './schema.ts';

/** Elements with their shape, as the runtime takes and returns them. */
export interface OnnxArray {
  readonly dtype: DType | 'int64';
  readonly shape: readonly number[];
  /** Float32Array (of float16 too), Int32Array, BigInt64Array, or Uint8Array, of 0 and 1 for bool. */
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}

/** Inputs by name; a single tensor is the file's only (or first) input. */
export type OnnxInputs = Tensor | Readonly<Record<string, Tensor>>;

export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(inputs: Readonly<Record<string, OnnxArray>>): Promise<Record<string, OnnxArray>>;
  release(): Promise<void>;
}

/** Throws {@link ArgumentError} unless these are a tensor, or tensors by name. */
export function requireInputs(where: string, inputs: unknown): asserts inputs is OnnxInputs {
  if (inputs instanceof Tensor) return;
  if (!isPlain(inputs))
    throw wrongArgument(where, 'the input', 'a tensor, or an object of tensors by name', inputs, byName);
  for (const [name, value] of Object.entries(inputs)) requireTensor(where, `input '${name}'`, value);
}

const byName = 'Several inputs go by the names that the file has for them, in one object: { x, edges }.';

type RuntimeModule = typeof Runtime;

async function loadRuntime(): Promise<RuntimeModule> {
  try {
    return (await importOptional('onnxruntime-node')) as RuntimeModule;
  } catch (error) {
    throw new OnnxRuntimeError(`[onnx] onnxruntime-node cannot be loaded: ${messageOf(error)}`, {
      hint: 'Install it beside @hebb/onnx: npm install onnxruntime-node. It is optional because of its size, and runs in Node only.',
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Opens a file for several runs; release it afterwards. Throws {@link OnnxRuntimeError} where the runtime refuses it. */
export async function openOnnx(bytes: Uint8Array): Promise<OnnxSession> {
  const runtime = await loadRuntime();
  let session: Runtime.InferenceSession;
  try {
    session = await runtime.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  } catch (error) {
    throw new OnnxRuntimeError(`[onnx] onnxruntime does not accept the file: ${messageOf(error)}`);
  }
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(inputs) {
      const feeds = Object.fromEntries(
        Object.entries(inputs).map(([name, array]) => [name, toRuntime(runtime, array)]),
      );
      try {
        const results = await session.run(feeds);
        return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fromRuntime(name, value)]));
      } catch (error) {
        throw new OnnxRuntimeError(
          `[onnx] onnxruntime cannot run the file on ${describe(inputs)}: ${messageOf(error)}`,
        );
      }
    },
    release: () => session.release(),
  };
}

function describe(inputs: Readonly<Record<string, OnnxArray>>): string {
  return Object.entries(inputs)
    .map(([name, { dtype, shape }]) => `${name} ${dtype}[${shape.join(',')}]`)
    .join(', ');
}

function toRuntime(runtime: RuntimeModule, { dtype, shape, data }: OnnxArray): Runtime.Tensor {
  const elements = dtype === 'float16' ? Uint16Array.from(data as Float32Array, halfBits) : data;
  return new runtime.Tensor(dtype, elements as never, [...shape]);
}

function isElementType(type: string): type is OnnxArray['dtype'] {
  return type !== 'float64' && Object.hasOwn(elementTypes, type);
}

function fromRuntime(name: string, value: Runtime.Tensor): OnnxArray {
  const { type, dims, data } = value;
  if (type === 'float16') {
    // Bits, or where JavaScript has them its own float16.
    const numbers = data instanceof Uint16Array ? Float32Array.from(data, halfValue) : Float32Array.from(data as never);
    return { dtype: type, shape: dims, data: numbers };
  }
  if (!isElementType(type))
    throw new OnnxRuntimeError(`[onnx] output '${name}' has the element type ${type}, which Hebb does not know.`);
  return { dtype: type, shape: dims, data: data as OnnxArray['data'] };
}

/** The elements of tensors, by the names of the file's inputs. */
export async function readInputs(session: OnnxSession, inputs: OnnxInputs): Promise<Record<string, OnnxArray>> {
  const byName =
    'data' in inputs && typeof inputs.data === 'function'
      ? { [session.inputNames[0] ?? '']: inputs as Tensor }
      : (inputs as Readonly<Record<string, Tensor>>);
  const missing = session.inputNames.filter((name) => byName[name] === undefined);
  const unexpected = Object.keys(byName).filter((name) => !session.inputNames.includes(name));
  if (missing.length > 0 || unexpected.length > 0) {
    const reasons = [
      missing.length > 0 && `missing: ${missing.join(', ')}`,
      unexpected.length > 0 && `unexpected: ${unexpected.join(', ')}`,
    ].filter(Boolean);
    throw new OnnxRuntimeError(`[onnx] the file takes ${session.inputNames.join(', ')}; ${reasons.join('; ')}.`, {
      hint: `Give them by name: { ${session.inputNames.join(', ')} }.`,
    });
  }
  const arrays = await Promise.all(
    Object.entries(byName).map(
      async ([name, value]) => [name, { dtype: value.dtype, shape: value.shape, data: await value.data() }] as const,
    ),
  );
  return Object.fromEntries(arrays);
}

/** A tensor of the runtime's elements; int64 becomes int32. */
function toTensor({ dtype, shape, data }: OnnxArray): Tensor {
  if (dtype === 'int64') return tensor(Int32Array.from(data as BigInt64Array, Number), { shape, dtype: 'int32' });
  return tensor(data as Float32Array | Int32Array | Uint8Array, { shape, dtype });
}

/**
 * Runs a file in onnxruntime.
 *
 * ```ts
 * const { logits } = await runOnnx(bytes, { image: x });
 * ```
 *
 * @returns the outputs by name, as tensors
 *
 * Throws {@link OnnxRuntimeError} where onnxruntime-node is not installed, or refuses the file or the inputs.
 */
export async function runOnnx(bytes: Uint8Array, inputs: OnnxInputs): Promise<Record<string, Tensor>> {
  requireBytes('runOnnx', 'the file', bytes);
  requireInputs('runOnnx', inputs);
  const session = await openOnnx(bytes);
  try {
    const results = await session.run(await readInputs(session, inputs));
    return Object.fromEntries(Object.entries(results).map(([name, array]) => [name, toTensor(array)]));
  } finally {
    await session.release();
  }
}
