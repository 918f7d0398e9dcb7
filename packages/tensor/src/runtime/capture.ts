/**
 * `compile`: a function is recorded once for each signature of its arguments, and from then on a call only binds memory and runs one
 * plan. Everything that changes between calls comes in as an argument, a variable, or a scalar with a source.
 */
import { describe, mapStructure, wrongArgument, type Structure } from '../arguments/index.ts';
import { ArgumentError, StaleValueError } from '../graph/errors.ts';
import { makeLeaf, makeNode, Node } from '../graph/node.ts';
import type { Attributes } from '../graph/attributes.ts';
import { toProgram, type Program } from '../graph/program.ts';
import type { TensorType } from '../graph/types.ts';
import { isTensor, nodeOf, tensorOf } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import type { TensorCell } from './cell.ts';
import { currentDevice, type Device } from './device.ts';
import { viewOf, viewThrough } from './host-view.ts';
import { runObserver } from './observation.ts';
import type { PlanEntry, PlanIdentity } from './plan-cache.ts';
import { flush } from './realize.ts';
import { recordApart, recordsInPlace, type CheckOfValues, type Recording } from './recording.ts';
import { Recordings } from './recordings.ts';
import { allocateAll, bindLeaves, initializeCells, linearizeJob, planFor, runPlan } from './run.ts';
import { stillComputable } from './updates.ts';

/** What a compiled function may take: tensors, and plain values, for each of which it is recorded anew; in arrays, objects and Maps. */
export type CompiledArgument = Structure<Tensor | number | string | boolean | null | undefined>;
/** What it may return: tensors, in arrays, objects and Maps as deep as you like. */
export type CompiledResult = Structure<Tensor | undefined> | void;

/** `T` with `never` for what is none of `Leaf` and holds none: functions, methods, instances of classes. Unlike Structure, takes interfaces. */
type Fitting<T, Leaf> = T extends Leaf
  ? T
  : T extends ReadonlyMap<infer Key, infer Value>
    ? ReadonlyMap<Key & (string | number), Fitting<Value, Leaf>>
    : T extends ((...args: never[]) => unknown) | ArrayBufferView | Date | ReadonlySet<unknown> | Promise<unknown>
      ? never
      : T extends object
        ? [keyof T] extends [never]
          ? never
          : { [Name in keyof T]: Fitting<T[Name], Leaf> }
        : never;
type CheckedArguments<A extends readonly unknown[]> = A extends {
  [I in keyof A]: Fitting<A[I], Tensor | number | string | boolean | null | undefined>;
}
  ? unknown
  : { readonly 'arguments of a compiled function are': CompiledArgument };
type CheckedResult<R> = [R] extends [Fitting<R, Tensor | undefined | void>]
  ? unknown
  : { readonly 'a compiled function returns': CompiledResult };

interface Capture {
  readonly device: Device;
  readonly guards: Recording['guards'];
  /** What elements of arguments are checked for at each call: of which argument, and as what view of it. */
  readonly checks: readonly (CheckOfValues & { readonly argument: number })[];
  /** How the plan is found. */
  readonly identity: PlanIdentity;
  /** What it is compiled from where it is not found; undefined once the plan is there. */
  program: Program | undefined;
  /** Types in the signature: as long as they live, equal arguments have the same. */
  readonly types: readonly TensorType[];
  readonly scalarCount: number;
  /** For each leaf: the argument that it stands for, or the cell, or a leaf of its own (a constant; a gradient that it takes). */
  readonly leaves: readonly (number | TensorCell | Node)[];
  /** Variables whose gradients it takes, which are computed before a call, and the places of those among the leaves (−1: none needs it). */
  readonly takenGradients: readonly { readonly cell: TensorCell; readonly leaf: number }[];
  /** Variables whose gradients it leaves: those of the outputs behind the results, or none. */
  readonly leftGradients: readonly { readonly cell: TensorCell; readonly output: number | undefined }[];
  readonly updates: readonly TensorCell[];
  readonly outputs: readonly TensorType[];
  /** Every scalar recorded, with its slot in the plan or −1 where the plan does not need it. */
  readonly scalars: readonly {
    readonly source: (() => number) | undefined;
    readonly value: number;
    readonly slot: number;
  }[];
  readonly rebuild: (tensors: readonly Tensor[]) => unknown;
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
 * Arguments are tensors, numbers, strings, booleans, null and undefined, in arrays, plain objects and Maps as deep as you like; results
 * likewise, of tensors. A call finds the recording of the same structure: the same lengths, and the same names in the same order.
 *
 * Plain TypeScript control flow is decided while recording; what it depends on comes in as an argument that is no
 * tensor (each value is recorded anew) or through {@link guard}.
 *
 * What operations require of the values of positions, classes or lengths is looked at in each call where these are arguments, or views of arguments, that are on the host.
 *
 * Throws {@link StaleValueError} where a value is read inside, {@link ArgumentError} for arguments and results of other
 * types (instances of classes, structures that contain themselves), for async functions, and for positions that there are not.
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
 *
 * const weigh = compile((batch: { images: Tensor[]; weight: Tensor }) => batch.images.map((x) => x.mul(batch.weight).sum()));
 * const [first, second] = weigh({ images: [tensor([1, 2]), tensor([3])], weight: tensor(2) });
 * [await first?.item(), await second?.item()]; // [6, 6]
 * ```
 */
export function compile<A extends CompiledArgument[], R extends CompiledResult>(
  body: (...args: A) => R,
): (...args: A) => R;
/**
 * The same for functions that take or return interfaces. (The first signature takes none, since an interface has no index signature;
 * this one checks types that it must know, and takes no function with type parameters.)
 */
export function compile<A extends unknown[], R>(
  body: ((...args: A) => R) & CheckedArguments<A> & CheckedResult<R>,
): (...args: A) => R;
export function compile<A extends unknown[], R>(body: (...args: A) => R): (...args: A) => R {
  if (typeof body !== 'function') {
    throw wrongArgument(
      'compile',
      'the body',
      'a function',
      body,
      'Write what is to be compiled as a function of tensors: compile((x) => model.forward(x)).',
    );
  }
  const ordinary = new Recordings<Capture>();
  return (...args) => {
    if (recordsInPlace()) return body(...args);
    const { tensors, signature } = readArguments(args);
    const nodes = tensors.map(nodeOf);
    // Once computed, a part of what is on the host is on the device alone.
    const views = nodes.some(({ storage }) => storage === undefined) ? nodes.map(viewOf) : undefined;
    flush(nodes);
    const device = currentDevice();
    const captures = runObserver()?.kept(ordinary, () => new Recordings<Capture>()) ?? ordinary;
    let capture = captures.find(
      signature,
      (known) => known.device === device && known.guards.every(({ read, value }) => Object.is(read(), value)),
    );
    if (capture === undefined) {
      capture = record(device, body, args);
      captures.add(signature, capture);
    }
    for (const { argument, view, check } of capture.checks)
      check(viewThrough(views?.[argument] ?? viewOf(nodes[argument] as Node), view));
    const { entry } = capture;
    if (entry !== undefined) entry.pinned = true;
    try {
      return replay(capture, tensors) as R;
    } finally {
      if (entry !== undefined) entry.pinned = false;
    }
  };
}

/** The tensors in a call's arguments, in order, and in words what else there is: structures, types and plain values. */
function readArguments(args: readonly unknown[]): { readonly tensors: readonly Tensor[]; readonly signature: string } {
  const tensors: Tensor[] = [];
  let signature = '';
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    signature += isTensor(arg) ? noteTensor(arg, tensors) : readStructure(arg, `argument ${i}`, tensors);
  }
  return { tensors, signature };
}

function noteTensor(given: Tensor, tensors: Tensor[]): string {
  tensors.push(given);
  return `t${nodeOf(given).type.id};`;
}

function readStructure(structure: unknown, name: string, tensors: Tensor[]): string {
  let signature = '';
  const enter = (form: string): void => {
    signature += `${form};`;
  };
  const leaf = (value: unknown, path: string): void => {
    if (isTensor(value)) signature += noteTensor(value, tensors);
    else if (typeof value === 'number') signature += `${Object.is(value, -0) ? '-0' : value};`;
    else if (value === null || ['string', 'boolean', 'undefined'].includes(typeof value))
      signature += `${typeof value}:${JSON.stringify(value)};`;
    else throw wrongLeaf(value, path);
  };
  mapStructure(structure, { op: 'compile', name, leaf, enter });
  return signature;
}

function wrongLeaf(value: unknown, path: string): ArgumentError {
  return new ArgumentError(
    `[compile] a compiled function takes tensors, numbers, strings, booleans, null and undefined, in arrays, plain objects and Maps; ${path} is ${describe(value)}.`,
    {
      hint: ArrayBuffer.isView(value)
        ? 'Make a tensor of it with tensor(…).'
        : 'Pass the tensors and numbers that the function needs of it, or let the function refer to it without passing it.',
    },
  );
}

/** The same arguments with a placeholder for each tensor. */
function symbolicArguments(args: readonly unknown[]): { symbolic: unknown[]; placeholders: readonly Node[] } {
  const placeholders: Node[] = [];
  const leaf = (value: unknown): unknown => {
    if (!isTensor(value)) return value;
    const placeholder = makeLeaf('argument', nodeOf(value).type);
    placeholders.push(placeholder);
    return tensorOf(placeholder);
  };
  return {
    symbolic: args.map((arg, i) => mapStructure(arg, { op: 'compile', name: `argument ${i}`, leaf })),
    placeholders,
  };
}

/** Lists the tensors of a result and says how to put others in their places. */
function readResult(result: unknown): { tensors: readonly Tensor[]; rebuild: Capture['rebuild'] } {
  const tensors: Tensor[] = [];
  const name = 'the result';
  const form = mapStructure(result, {
    op: 'compile',
    name,
    leaf: (value, path): Place | undefined => {
      if (value === undefined) return undefined;
      if (isTensor(value)) return new Place(tensors.push(value) - 1);
      if (value instanceof Promise) {
        value.catch(() => {});
        throw new ArgumentError(
          '[compile] the function returned a promise; a compiled function only records and must not be async.',
        );
      }
      const where = path === name ? '' : ` as ${path}`;
      throw new ArgumentError(
        `[compile] the function returned ${describe(value)}${where}; it may return tensors, in arrays, plain objects and Maps.`,
      );
    },
  });
  if (form instanceof Place) return { tensors, rebuild: ([only]) => only };
  const rebuild: Capture['rebuild'] = (values) =>
    mapStructure(form, {
      op: 'compile',
      name,
      leaf: (place) => (place instanceof Place ? values[place.position] : place),
    });
  return { tensors, rebuild };
}

/** Stands for a tensor of a result. */
class Place {
  readonly position: number;

  constructor(position: number) {
    this.position = position;
  }
}

function record<A extends unknown[]>(device: Device, body: (...args: A) => unknown, args: A): Capture {
  const { symbolic, placeholders } = symbolicArguments(args);
  return recordApart(
    (own): Capture => {
      const { tensors, rebuild } = readResult(body(...(symbolic as A)));
      const outputs = tensors.map(nodeOf);
      const placesOfGradients: { cell: TensorCell; before: Node }[] = [];
      const leftGradients: { cell: TensorCell; output: number | undefined }[] = [];
      for (const [cell, { before, now }] of own.gradients) {
        if (before !== undefined) placesOfGradients.push({ cell, before });
        if (now !== before || now === undefined)
          leftGradients.push({ cell, output: now === undefined ? undefined : outputs.push(now) - 1 });
      }
      const updates = [...own.assigned];
      const { linearization, targets } = linearizeJob({ outputs, updates });
      const { hash, key, leaves } = linearization;
      return {
        device,
        guards: own.guards,
        checks: own.checks.flatMap((each) => {
          const argument = placeholders.indexOf(each.view.leaf);
          return argument < 0 ? [] : [{ ...each, argument }];
        }),
        identity: { hash, key },
        program: toProgram(linearization, targets),
        types: placeholders.map(({ type }) => type),
        scalarCount: linearization.scalars.length,
        leaves: leaves.map((leaf) => {
          const argument = placeholders.indexOf(leaf);
          return argument >= 0 ? argument : ((leaf.cell as TensorCell | undefined) ?? leaf);
        }),
        takenGradients: placesOfGradients.map(({ cell, before }) => ({ cell, leaf: leaves.indexOf(before) })),
        leftGradients,
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

/** What a leaf is bound to: of a variable that the function updates and also takes as an argument the old value, throughout. */
function valueFor({ updates }: Capture, node: Node): Node {
  return node.cell !== undefined && updates.includes(node.cell as TensorCell) ? copyOf(node) : node;
}

function copyOf(node: Node): Node {
  const copy = makeNode('detach', [node], {});
  flush([copy]);
  return copy;
}

function replay(capture: Capture, args: readonly Tensor[]): unknown {
  const { device, identity, program } = capture;
  // What was recorded on parameters outside, and never computed, is computed before they change.
  if (capture.updates.some(({ isRead }) => isRead)) {
    const waiting = stillComputable(capture.updates.flatMap((cell) => cell.waitingConsumers()));
    if (waiting.length > 0) flush(waiting);
  }
  if (capture.takenGradients.length > 0) flush(capture.takenGradients.flatMap(({ cell }) => cell.heldGradient ?? []));
  const leaves = capture.leaves.map((leaf) => {
    if (typeof leaf === 'number') return valueFor(capture, nodeOf(args[leaf] as Tensor));
    return leaf instanceof Node ? leaf : leaf.leaf;
  });
  for (const { cell, leaf } of capture.takenGradients)
    if (leaf >= 0) leaves[leaf] = valueFor(capture, cell.heldGradient as Node);
  initializeCells(device, leaves);
  const bindings = bindLeaves(device, leaves);
  const scalars = new Array<number>(capture.scalarCount).fill(0);
  for (const { source, value, slot } of capture.scalars) {
    const now = capture.called && source !== undefined ? source() : value;
    if (slot >= 0) scalars[slot] = now;
  }
  capture.called = true;
  const storages = allocateAll(device, capture.outputs, bindings);
  const updated = device.running ? [] : capture.updates.map((cell) => cell.storage);
  device.perform(
    (engine) => {
      if (capture.entry?.kept !== true) {
        if (program === undefined) throw new StaleValueError('internal: a recording outlived its plan');
        capture.entry = planFor(device, engine, identity, () => program);
      }
      runPlan(device, engine, capture.entry, bindings, scalars);
    },
    (error) => {
      for (const storage of storages) storage.fail(error);
      for (const storage of updated) storage?.fail(error);
    },
  );
  // Runs that wait for their device have taken the program along.
  if (device.running) capture.program = undefined;
  for (const cell of capture.updates) cell.overwritten();
  const results = storages.map((storage, i) => {
    const leaf = makeLeaf('buffer', capture.outputs[i] as TensorType);
    leaf.storage = storage;
    return leaf;
  });
  for (const { cell, output } of capture.leftGradients)
    cell.leaveGradient(output === undefined ? undefined : results[output]);
  return capture.rebuild(results.map((leaf) => tensorOf(leaf)));
}
