/**
 * `compile`: a function is recorded once for each signature of its arguments, and from then on a call only binds memory and runs one
 * plan. Everything that changes between calls comes in as an argument, a variable, or a scalar with a source.
 */
import { describe, requireFunction } from '../arguments/index.ts';
import { ArgumentError, StaleValueError } from '../graph/errors.ts';
import { makeLeaf, makeNode, type Node } from '../graph/node.ts';
import type { Attributes } from '../graph/primitives.ts';
import { linearize, toProgram, type Program } from '../graph/program.ts';
import type { TensorType } from '../graph/types.ts';
import { isTensor, nodeOf, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { TensorCell } from './cell.ts';
import { currentDevice, type Device } from './device.ts';
import type { PlanEntry, PlanIdentity } from './plan-cache.ts';
import { bindLeaves, flush, initializeCells, planFor, resolveAll, runPlan, stillComputable } from './realize.ts';
import { recordApart, recordsInPlace, type Recording } from './recording.ts';
import { Recordings } from './recordings.ts';
import { Storage } from './storage.ts';

/** What a compiled function may take: tensors, and plain values, for each of which it is recorded anew. */
export type CompiledArgument = Tensor | number | string | boolean | null | undefined;
/** What it may return: tensors, in arrays or objects as deep as you like. */
export type CompiledResult =
  Tensor | undefined | void | readonly CompiledResult[] | { readonly [name: string]: CompiledResult };

interface Capture {
  readonly device: Device;
  readonly guards: Recording['guards'];
  /** How the plan is found. */
  readonly identity: PlanIdentity;
  /** What it is compiled from where it is not found; undefined once the plan is there. */
  program: Program | undefined;
  /** Types in the signature: as long as they live, equal arguments have the same. */
  readonly types: readonly TensorType[];
  readonly scalarCount: number;
  /** For each leaf: the argument that it stands for, or the cell, or a leaf of its own (a constant). */
  readonly leaves: readonly (number | TensorCell | Node)[];
  readonly updates: readonly TensorCell[];
  readonly outputs: readonly TensorType[];
  /** Every scalar recorded, with its slot in the plan or −1 where the plan does not need it. */
  readonly scalars: readonly {
    readonly source: (() => number) | undefined;
    readonly value: number;
    readonly slot: number;
  }[];
  readonly rebuild: (tensors: readonly Tensor[]) => CompiledResult;
  entry: PlanEntry | undefined;
  /** Whether the sources of the scalars have served a call: recording asked them for the first one. */
  called: boolean;
}

/**
 * Compiles a function of tensors. At the first call with arguments of new shapes and dtypes it is recorded; every call
 * then runs one plan (forward, backward and update, if that is what it does) without recording again. `assign`ed
 * variables are updated at each call. A recording is kept as long as its plan, see `device.planCacheLimit`. Inside another
 * compiled function, and inside gradients of it, it is recorded in place.
 *
 * Plain TypeScript control flow is decided while recording; what it depends on comes in as an argument that is no
 * tensor (each value is recorded anew) or through {@link guard}.
 *
 * Throws {@link StaleValueError} where a value is read inside, {@link ArgumentError} for arguments and results of other
 * types and for async functions.
 *
 * ```ts
 * const total = variable(zeros([]));
 * const accumulate = compile((x: Tensor) => {
 *   assign(total, total.add(x.sum()));
 *   return x.mean();
 * });
 * await accumulate(tensor([3, 5])).item(); // 4
 * await accumulate(tensor([1, 1])).item(); // 1
 * await total.item(); // 10
 * ```
 */
export function compile<A extends CompiledArgument[], R extends CompiledResult>(
  body: (...args: A) => R,
): (...args: A) => R {
  requireFunction('compile', 'the body', body);
  const captures = new Recordings<Capture>();
  return (...args) => {
    if (recordsInPlace()) return body(...args);
    flush(args.filter((arg): arg is A[number] & Tensor => isTensor(arg)).map(nodeOf));
    const device = currentDevice();
    const signature = signatureOf(args);
    let capture = captures.find(
      signature,
      (known) => known.device === device && known.guards.every(({ read, value }) => Object.is(read(), value)),
    );
    if (capture === undefined) {
      capture = record(device, body, args);
      captures.add(signature, capture);
    }
    const { entry } = capture;
    if (entry !== undefined) entry.pinned = true;
    try {
      return replay(capture, args) as R;
    } finally {
      if (entry !== undefined) entry.pinned = false;
    }
  };
}

function signatureOf(args: readonly CompiledArgument[]): string {
  let signature = '';
  for (const arg of args) {
    if (isTensor(arg)) signature += `t${nodeOf(arg).type.id};`;
    else if (typeof arg === 'number') signature += `${Object.is(arg, -0) ? '-0' : arg};`;
    else if (arg === null || ['string', 'boolean', 'undefined'].includes(typeof arg))
      signature += `${typeof arg}:${JSON.stringify(arg)};`;
    else
      throw new ArgumentError(
        `[compile] a compiled function takes tensors, numbers, strings and booleans, not ${describe(arg)}.`,
      );
  }
  return signature;
}

/** Lists the tensors of a result and says how to put others in their places. */
function flattenResult(result: CompiledResult, tensors: Tensor[]): (values: readonly Tensor[]) => CompiledResult {
  if (result === undefined) return () => undefined;
  if (isTensor(result)) {
    const position = tensors.push(result) - 1;
    return (values) => values[position];
  }
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new ArgumentError(
      '[compile] the function returned a promise; a compiled function only records and must not be async.',
    );
  }
  if (Array.isArray(result)) {
    const parts = (result as CompiledResult[]).map((part) => flattenResult(part, tensors));
    return (values) => parts.map((part) => part(values));
  }
  if (typeof result !== 'object' || result === null) {
    throw new ArgumentError(
      `[compile] the function returned ${describe(result)}; it may return tensors, arrays and objects of tensors.`,
    );
  }
  const parts = Object.entries(result).map(([name, part]) => [name, flattenResult(part, tensors)] as const);
  return (values) => Object.fromEntries(parts.map(([name, part]) => [name, part(values)]));
}

function record<A extends CompiledArgument[]>(device: Device, body: (...args: A) => CompiledResult, args: A): Capture {
  const placeholders = args.map((arg) => (isTensor(arg) ? makeLeaf('argument', nodeOf(arg).type) : undefined));
  const symbolic = args.map((arg, i) => {
    const placeholder = placeholders[i];
    return placeholder === undefined ? arg : tensorOf(placeholder);
  }) as A;
  return recordApart(
    (own): Capture => {
      const tensors: Tensor[] = [];
      const rebuild = flattenResult(body(...symbolic), tensors);
      const outputs = tensors.map(nodeOf);
      const updates = [...own.assigned];
      const targets = [...outputs.map(() => undefined), ...updates.map((cell) => cell.leaf)];
      const linearization = linearize([...outputs, ...updates.map((cell) => cell.pending as Node)], targets);
      const { hash, key, leaves } = linearization;
      return {
        device,
        guards: own.guards,
        identity: { hash, key },
        program: toProgram(linearization, targets),
        types: placeholders.flatMap((placeholder) => placeholder?.type ?? []),
        scalarCount: linearization.scalars.length,
        leaves: leaves.map((leaf) => {
          const argument = placeholders.indexOf(leaf);
          return argument >= 0 ? argument : ((leaf.cell as TensorCell | undefined) ?? leaf);
        }),
        updates,
        outputs: outputs.map((node) => node.type),
        scalars: own.scalars.map((node) => {
          const { source, value } = node.attributes as Attributes['scalar'];
          return { source, value, slot: (linearization.scalars as readonly Node[]).indexOf(node) };
        }),
        rebuild,
        entry: undefined,
        called: false,
      };
    },
    { dry: false, seal: true },
  );
}

function copyOf(node: Node): Node {
  const copy = makeNode('detach', [node], {});
  flush([copy]);
  return copy;
}

function replay(capture: Capture, args: readonly CompiledArgument[]): CompiledResult {
  const { device, identity, program } = capture;
  // What was recorded on parameters outside, and never computed, is computed before they change.
  const waiting = stillComputable(capture.updates.flatMap((cell) => cell.waitingConsumers()));
  if (waiting.length > 0) flush(waiting);
  const leaves = capture.leaves.map((leaf) => {
    if (typeof leaf === 'number') {
      const node = nodeOf(args[leaf] as Tensor);
      // A variable that the function updates and also takes as an argument: the argument means the old value throughout.
      return capture.updates.includes(node.cell as TensorCell) ? copyOf(node) : node;
    }
    return 'leaf' in leaf ? leaf.leaf : leaf;
  });
  initializeCells(device, leaves);
  const bindings = bindLeaves(device, leaves);
  const scalars = new Array<number>(capture.scalarCount).fill(0);
  for (const { source, value, slot } of capture.scalars) {
    const now = capture.called && source !== undefined ? source() : value;
    if (slot >= 0) scalars[slot] = now;
  }
  capture.called = true;
  const storages = capture.outputs.map((output) => {
    const storage = new Storage(undefined);
    storage.allocate(device, output);
    return storage;
  });
  const destinations = storages.map((storage) => storage.buffer());
  const written = [...storages, ...capture.updates.map((cell) => cell.storage)];
  device.perform(
    (engine) => {
      if (capture.entry?.kept !== true) {
        if (program === undefined) throw new StaleValueError('internal: a recording outlived its plan');
        capture.entry = planFor(device, engine, identity, () => program);
      }
      runPlan(device, engine, capture.entry, resolveAll([...bindings, ...destinations]), scalars);
    },
    (error) => {
      for (const storage of written) storage?.fail(error);
    },
  );
  // Runs that wait for their device have taken the program along.
  if (device.running) capture.program = undefined;
  for (const cell of capture.updates) cell.overwritten();
  return capture.rebuild(
    storages.map((storage, i) => {
      const leaf = makeLeaf('buffer', capture.outputs[i] as TensorType);
      leaf.storage = storage;
      return tensorOf(leaf);
    }),
  );
}
