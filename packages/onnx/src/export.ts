/** `exportOnnx`: a model as an ONNX file. */
import { ArgumentError, realize, Tensor } from '@hebb/tensor';
import {
  listOf,
  recordOf,
  requireInteger,
  requireNumber,
  requireOptions,
  requirePlain,
  requireString,
  typeNameOf,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { formatType, tensorOf, type Node } from '@hebb/tensor/graph';
import { rawData } from './builder.ts';
import type { Emitter, Value } from './emitter.ts';
import { OnnxExportError, sizeHints } from './errors.ts';
import { readInputs, type GraphInput, type InputShape, type InputSpec, type SizeChoice } from './inputs.ts';
import { requireSource, stateNames, tensorsOf, type ModelResult, type OnnxSource } from './model.ts';
import { traceModel } from './trace-model.ts';
import { dimension, valueInfo } from './value-info.ts';
import type { Traced } from './traced.ts';
import { resultsOfLoops, Walk } from './walk.ts';
import { encodeModel } from './wire.ts';

export interface ExportOptions {
  /** Shape of each input, in the order of the model's arguments. A name in a shape is a size that stays free. */
  inputs: Readonly<Record<string, InputShape | InputSpec>>;
  /** Names of the outputs. Default: the keys of the record that the model returns, or output, output_1, … */
  outputs?: readonly string[];
  /** Version of the operator set, 17 to 26. Default 20, which has Gelu; runtimes from 2022 on know 17. 23 has Attention, 26 BitCast and CumProd. */
  opset?: number;
  /** Name of the graph. Default: the class of the module, or 'model'. */
  name?: string;
  /** Version of what produced the file. */
  producerVersion?: string;
  /** A sentence for whoever opens the file. */
  description?: string;
  /** Free key-value pairs kept in the file: class names, preprocessing, a licence. */
  metadata?: Readonly<Record<string, string>>;
  /**
   * Three sizes for a free size at which the model runs; by default primes are tried, and 1 and 2. Give them where the model takes only
   * certain sizes: `{ sizes: { height: [64, 96, 160] } }`. The file is then meant for such sizes, and not checked at 1 and 2.
   */
  sizes?: SizeChoice;
}

const exportOptions: OptionNames<ExportOptions> = {
  inputs: requirePlain,
  outputs: listOf(requireString),
  opset: requireNumber,
  name: requireString,
  producerVersion: requireString,
  description: requireString,
  metadata: recordOf(requireString),
  sizes: recordOf(listOf(requireInteger)),
};

/** The version of the file format that came with each operator set. */
const irVersions: ReadonlyMap<number, number> = new Map([
  [17, 8],
  [18, 8],
  [19, 9],
  [20, 9],
  [21, 10],
  [22, 10],
  [23, 11],
  [24, 12],
  [25, 13],
  [26, 13],
]);
/** Protocol buffers hold less than 2 GiB. */
const maximumBytes = 2 ** 31 - 1;

/**
 * Writes a model as an ONNX file: the graph that it computes in evaluation mode, with its parameters under their state-dict names. Sizes
 * given by name stay free: the file runs on any batch.
 *
 * ```ts
 * const bytes = await exportOnnx(model, { inputs: { image: ['batch', 1, 28, 28] }, outputs: ['logits'] });
 * await saveOnnx('model.onnx', bytes);
 * ```
 *
 * @param model - a module (its training mode is restored afterwards) or a function of tensors
 * @returns the bytes of the file
 *
 * Throws {@link OnnxExportError} where the model draws random numbers, updates variables, or depends on a free size in a way that a file
 * cannot hold (does something else for a single row, say); the error names the operation, the axis and the sizes.
 */
export async function exportOnnx(model: OnnxSource, options: ExportOptions): Promise<Uint8Array> {
  requireSource('exportOnnx', model);
  requireOptions('exportOnnx', options, exportOptions);
  requirePlain('exportOnnx', 'inputs', options.inputs);
  const inputs = readInputs(options.inputs);
  const { opset = 20 } = options;
  const irVersion = irVersions.get(opset);
  if (irVersion === undefined)
    throw new ArgumentError(`[exportOnnx] opset must be one of ${[...irVersions.keys()].join(', ')}, not ${opset}.`);
  await realize();
  try {
    return await written(model, inputs, options, opset, irVersion);
  } catch (error) {
    const { hint } = error as Partial<OnnxExportError>;
    if (!(error instanceof OnnxExportError) || options.sizes !== undefined || !hints.includes(hint)) throw error;
    const names = freeSizes(inputs);
    if (names.length === 0) throw error;
    const multiple = multipleOf(model);
    const three = [2, 3, 5].map((times) => times * (multiple ?? 32)).join(', ');
    const what = multiple === undefined ? '' : `, multiples of ${multiple}`;
    const sizes = names.map((name) => `${name}: [${three}]`).join(', ');
    throw error.advise(
      `${hint} Or name three of each for which alone the file is meant${what}: { sizes: { ${sizes} } }.`,
    );
  }
}

const hints: readonly (string | undefined)[] = Object.values(sizeHints);

/** Names of sizes that stay free; of images and sequences those behind the batch, where there are such. */
function freeSizes(inputs: readonly GraphInput[]): readonly string[] {
  const named = (shape: GraphInput['shape']): string[] => shape.filter((extent) => typeof extent === 'string');
  const inside = inputs.flatMap(({ shape }) => named(shape.slice(1)));
  return [...new Set(inside.length > 0 ? inside : inputs.flatMap(({ shape }) => named(shape)))];
}

/** What the sizes of its images are best multiples of, where a module says so by a number `sizeMultiple`: the largest. */
function multipleOf(model: OnnxSource): number | undefined {
  if (typeof model === 'function') return undefined;
  const said = [...model.namedModules().values(), model].map(
    (each) => (each as { sizeMultiple?: unknown }).sizeMultiple,
  );
  const numbers = said.filter((value) => typeof value === 'number');
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

async function written(
  model: OnnxSource,
  inputs: readonly GraphInput[],
  options: ExportOptions,
  opset: number,
  irVersion: number,
): Promise<Uint8Array> {
  const { emitter, placeholders, result, outputs: graph, modules } = traceModel(model, inputs, options.sizes, opset);
  const names = nameResults(result, options.outputs);
  for (const { name } of inputs) emitter.builder.unique(name);
  for (const { name } of names) {
    if (emitter.builder.unique(name) !== name)
      throw new ArgumentError(`[exportOnnx] two inputs or outputs are called '${name}'.`);
  }
  const walk = new Walk(emitter, {
    inputs: new Map(placeholders.map((node, i) => [node, inputs[i]?.name ?? ''])),
    state: stateNames(model),
    modules,
    results: resultsOfLoops(graph),
  });
  const outputs = names.map(({ name, position }) => {
    const traced = graph[position] as Traced;
    const value = walk.write(traced);
    return { name, traced, value: walk.cast(walk.site(traced).expand(value, traced.extents), traced.stored) };
  });
  nameOutputs(emitter, outputs);
  await Promise.all(
    walk.initializers.map(async ({ tensor, versions }) => {
      tensor.rawData = await readData(versions, emitter);
    }),
  );

  const { builder } = emitter;
  const bytes = builder.initializers.reduce((sum, { rawData }) => sum + (rawData?.length ?? 0), 0);
  if (bytes > maximumBytes)
    throw new OnnxExportError(`[exportOnnx] the parameters take ${bytes} bytes; an ONNX file holds less than 2 GiB.`);
  return encodeModel({
    irVersion,
    opsetImport: [{ domain: '', version: opset }],
    producerName: 'hebb',
    ...(options.producerVersion !== undefined && { producerVersion: options.producerVersion }),
    ...(options.description !== undefined && { docString: options.description }),
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: options.name ?? (typeof model === 'function' ? 'model' : typeNameOf(model)),
      node: builder.nodes,
      initializer: builder.initializers,
      input: inputs.map(({ name, dtype, shape }) => valueInfo(name, dtype, shape)),
      output: outputs.map(({ name, traced }) =>
        valueInfo(
          name,
          traced.stored,
          traced.extents.map((extent, axis) => dimension(emitter, name, extent, axis)),
        ),
      ),
    },
  });
}

interface OutputName {
  readonly name: string;
  /** Position among the tensors that the model returns. */
  readonly position: number;
}

/** Which of the returned tensors are outputs, and their names: of a record by key, otherwise in order. */
function nameResults(result: ModelResult, given: readonly string[] | undefined): OutputName[] {
  const count = tensorsOf(result).length;
  const keys = result instanceof Tensor || Array.isArray(result) ? undefined : Object.keys(result);
  if (keys !== undefined) {
    return (given ?? keys).map((name) => {
      const position = keys.indexOf(name);
      if (position < 0) throw new ArgumentError(`[exportOnnx] the model returns ${keys.join(', ')}, but no '${name}'.`);
      return { name, position };
    });
  }
  const names = given ?? Array.from({ length: count }, (_, i) => (i === 0 ? 'output' : `output_${i}`));
  if (names.length !== count) {
    throw new ArgumentError(
      `[exportOnnx] the model returns ${count} tensor${count === 1 ? '' : 's'}, outputs names ${names.length}: ${names.join(', ')}.`,
    );
  }
  return names.map((name, position) => ({ name, position }));
}

/** Gives the values that the model returns the names of the outputs; what is no operator's result of its own is copied. */
function nameOutputs(emitter: Emitter, outputs: readonly { readonly name: string; readonly value: Value }[]): void {
  const { builder } = emitter;
  const renamed = new Map<string, string>();
  const made = new Set(builder.nodes.flatMap(({ output }) => output ?? []));
  for (const { name, value } of outputs) {
    if (made.has(value.name) && !renamed.has(value.name)) {
      builder.rename(value.name, name);
      renamed.set(value.name, name);
    } else
      builder.nodes.push({ opType: 'Identity', name, input: [renamed.get(value.name) ?? value.name], output: [name] });
  }
}

async function readData(versions: readonly Node[], emitter: Emitter): Promise<Uint8Array> {
  const base = versions[0] as Node;
  const data = await tensorOf(base).data();
  for (const [trace, other] of versions.entries()) {
    if (versions.indexOf(other) < trace) continue;
    const again = await tensorOf(other).data();
    const position = data.findIndex((value, i) => !Object.is(value, again[i]));
    if (position < 0) continue;
    const seen = [
      `${data[position]} at ${emitter.describeTrace(0)}`,
      `${again[position]} at ${emitter.describeTrace(trace)}`,
    ];
    throw new OnnxExportError(
      `[exportOnnx] data that the model makes while it runs, ${formatType(base.type)}, differs from trace to trace: element ${position} is ${seen.join(', ')}.`,
      {
        op: 'buffer',
        hint: 'It depends on a free size, or on chance. Compute it from the inputs (arange, iota), or make it once, outside of forward.',
      },
    );
  }
  return rawData(base.type.dtype, data);
}
