/** Traces a model at several sizes of its inputs and lays the graphs over one another. */
import { ArgumentError, DTypeError, Tensor } from '@hebb/tensor';
import { makeLeaf, nodeOf, tensorOf, tensorType, trace, type Node } from '@hebb/tensor/graph';
import { Emitter } from './emitter.ts';
import { OnnxExportError } from './errors.ts';
import type { SizeSymbol } from './extents.ts';
import { planChecks, planTraces, shapeIn, withTrace, type GraphInput, type SizeChoice } from './inputs.ts';
import { callModel, inEvaluationMode, labelModules, tensorsOf, type ModelResult, type OnnxSource } from './model.ts';
import { findRule } from './operators/composites.ts';
import { Site } from './site.ts';
import { Overlay, type Traced, type TraceNames } from './traced.ts';

export interface TracedModel {
  /** For the sizes that are free, and the traces. */
  readonly emitter: Emitter;
  /** The inputs in the first trace. */
  readonly placeholders: readonly Node[];
  /** What the model returned in the first trace. */
  readonly result: ModelResult;
  readonly outputs: readonly Traced[];
  /** Paths of the modules that made the nodes of the first trace. */
  readonly modules: ReadonlyMap<Node, string>;
}

interface Run {
  readonly placeholders: readonly Node[];
  readonly result: ModelResult;
}

/**
 * Traces the model in evaluation mode with the first choice of sizes at which it runs. Throws {@link OnnxExportError} where there is none,
 * with what went wrong at the first, and where the model does not do the same thing at every size.
 */
export function traceModel(
  model: OnnxSource,
  inputs: readonly GraphInput[],
  sizes: SizeChoice | undefined,
  opset: number,
): TracedModel {
  let failure: OnnxExportError | undefined;
  for (const symbols of planTraces(inputs, sizes)) {
    try {
      return inEvaluationMode(model, () => traceAtSizes(model, inputs, symbols, sizes, opset));
    } catch (error) {
      if (error instanceof OnnxExportError) throw error;
      failure ??= traceFailure(error, inputs, symbols);
    }
  }
  throw failure ?? new OnnxExportError('internal: there is no size to trace at');
}

function traceAtSizes(
  model: OnnxSource,
  inputs: readonly GraphInput[],
  fitted: readonly SizeSymbol[],
  fixed: SizeChoice | undefined,
  opset: number,
): TracedModel {
  const modules = new Map<Node, string>();
  // At least two traces: what is the same node in both was computed outside of the model.
  const runs = Array.from({ length: fitted.length + 2 }, (_, index) =>
    traceOnce(model, inputs, fitted, index, index === 0 ? modules : undefined),
  );
  let symbols = fitted;
  for (const check of planChecks(fitted, fixed)) {
    const candidate = withTrace(symbols, check);
    try {
      runs.push(traceOnce(model, inputs, candidate, runs.length, undefined));
      symbols = candidate;
    } catch (error) {
      // A model that does not run at this size says nothing about it.
      if (error instanceof OnnxExportError) throw error;
    }
  }
  const { placeholders, result } = runs[0] as Run;
  const emitter = new Emitter(opset, symbols, runs.length);
  const names: TraceNames = {
    sizes: runs.map((_, index) => describeSizes(symbols, index)),
    axes: runs.map((_, index) => describeAxes(symbols, index)),
    placeholders: runs.map((run) => run.placeholders),
    moduleOf: (node) => modules.get(node),
  };
  const overlay = new Overlay(names, (node) => findRule(new Site(emitter, node, [], undefined)) !== undefined);
  const versions = runs.map((run) => tensorsOf(run.result).map(nodeOf));
  runs.forEach((run, trace) => {
    const [here, there] = [describeResult(result), describeResult(run.result)];
    if (here === there) return;
    throw new OnnxExportError(
      `[exportOnnx] the model returns ${here} at ${describeSizes(symbols, 0)}, ${there} at ${describeSizes(symbols, trace)}.`,
      { hint: 'A file has the same outputs for every size.' },
    );
  });
  const outputs = tensorsOf(result).map((_, i) => overlay.add(versions.map((nodes) => nodes[i] as Node)));
  return { emitter, placeholders, result, outputs, modules };
}

function describeResult(result: ModelResult): string {
  const { length } = tensorsOf(result);
  if (result instanceof Tensor || Array.isArray(result)) return `${length} tensor${length === 1 ? '' : 's'}`;
  return `{ ${Object.keys(result).join(', ')} }`;
}

function traceOnce(
  model: OnnxSource,
  inputs: readonly GraphInput[],
  symbols: readonly SizeSymbol[],
  index: number,
  modules: Map<Node, string> | undefined,
): Run {
  const placeholders = inputs.map(({ dtype, shape }) =>
    makeLeaf('argument', tensorType(dtype, shapeIn(index, shape, symbols))),
  );
  const run = (): ModelResult => callModel(model, placeholders.map(tensorOf));
  const { result, assigned } = trace(() => (modules === undefined ? run() : labelModules(model, modules, run)));
  if (assigned > 0) {
    throw new OnnxExportError(
      `[exportOnnx] the model assigns to ${assigned} variable${assigned === 1 ? '' : 's'} while it runs; a file holds no state.`,
      {
        op: 'assign',
        hint: 'Update variables outside of forward, or only in training mode.',
      },
    );
  }
  return { placeholders, result };
}

function traceFailure(error: unknown, inputs: readonly GraphInput[], symbols: readonly SizeSymbol[]): OnnxExportError {
  const message = error instanceof Error ? error.message : String(error);
  const shapes = inputs
    .map(({ name, dtype, shape }) => `${name} ${dtype}[${shapeIn(0, shape, symbols).join(',')}]`)
    .join(', ');
  const failure = new OnnxExportError(`[exportOnnx] the model does not run on ${shapes}: ${message}`, {
    hint:
      error instanceof DTypeError
        ? `Inputs are float32 unless you say what they are: { ${inputs[0]?.name}: { shape: […], dtype: 'int32' } }.`
        : error instanceof ArgumentError && error.hint !== undefined
          ? error.hint
          : symbols.length === 0
            ? 'The shapes in inputs must be those that the model takes.'
            : `Where only certain sizes are possible, name three of them: { sizes: { ${symbols[0]?.name}: [64, 96, 160] } }.`,
  });
  failure.cause = error;
  return failure;
}

/** The free sizes in which a trace differs from the first, and where they are found. */
function describeAxes(symbols: readonly SizeSymbol[], index: number): string {
  const changed = symbols.filter(({ sizes }) => sizes[index] !== sizes[0]);
  return changed.map(({ name, input, axis }) => `${name} (axis ${axis} of ${input})`).join(', ');
}

function describeSizes(symbols: readonly SizeSymbol[], index: number): string {
  return symbols.length === 0
    ? `trace ${index + 1}`
    : symbols.map(({ name, sizes }) => `${name} = ${sizes[index]}`).join(', ');
}
