/**
 * `compile`: a function is recorded once for each signature of its arguments, and from then on a call only binds memory and runs one
 * plan. Everything that changes between calls comes in as an argument, a variable, or a scalar with a source.
 */
import { ArgumentError } from '../graph/errors.ts';
import { makeLeaf, makeNode, setRecorder, type Node, type Recorder } from '../graph/node.ts';
import { linearize, toProgram, type Linearization } from '../graph/program.ts';
import { nodeOf, Tensor, tensorOf } from '../tensor.ts';
import type { TensorCell } from './cell.ts';
import { currentDevice, type Device } from './device.ts';
import type { PlanEntry } from './plan-cache.ts';
import { bindLeaves, defaultRecorder, flush, initializeCells, planFor, runPlan } from './realize.ts';
import { capturedStorage, Storage } from './storage.ts';

/** What a compiled function may take: tensors, and plain values, for each of which it is recorded anew. */
export type CompiledArgument = Tensor | number | string | boolean | null | undefined;
/** What it may return: tensors, in arrays or objects as deep as you like. */
export type CompiledResult = Tensor | undefined | void | readonly CompiledResult[] | { readonly [name: string]: CompiledResult };

interface Recording {
  /** Nodes whose values change from call to call; outside of the capture they mean nothing. */
  readonly transient: Set<Node>;
  readonly assigned: Set<TensorCell>;
  /** Scalars in the order of recording. */
  readonly scalars: Node[];
  readonly guards: { readonly read: () => unknown; readonly value: unknown }[];
  /** Whether nothing will be computed; see {@link dryRun}. */
  readonly dry: boolean;
}

let recording: Recording | undefined;
let inlining = 0;

/** The capture that is going on, if any. */
export function activeCapture(): Recording | undefined {
  return recording;
}

/** Runs `body` with compiled functions recorded in place like plain ones, so that gradients can flow through them. */
export function withInlining<T>(body: () => T): T {
  inlining++;
  try {
    return body();
  } finally {
    inlining--;
  }
}

/** The value with which a scalar is recorded. */
export function valueOfSource(source: () => number): number {
  return recording?.dry === true ? 0 : source();
}

/**
 * Records what `body` computes without running it, for walkers that make something else of a function (a file, a drawing). Values cannot be
 * read inside. What it assigns to variables is forgotten; `assigned` says to how many it did.
 */
export function trace<T>(body: () => T): { readonly result: T; readonly assigned: number } {
  if (recording !== undefined) throw new ArgumentError('[trace] a function cannot be traced inside a compiled function.');
  // Updates recorded so far are computed, since those recorded inside are forgotten.
  flush([]);
  const own: Recording = { transient: new Set(), assigned: new Set(), scalars: [], guards: [], dry: true };
  recording = own;
  setRecorder(captureRecorder);
  try {
    const result = body();
    return { result, assigned: own.assigned.size };
  } finally {
    recording = undefined;
    setRecorder(defaultRecorder);
    for (const cell of own.assigned) cell.discardPending();
  }
}

/** Tells a capture of a scalar, whose source is asked again at each call. */
export function noteScalar(node: Node): void {
  recording?.scalars.push(node);
}

/**
 * A host value that a recorded function branches on (whether a module trains, say). Inside `compile` it is remembered, and a call that finds
 * it changed is recorded anew.
 */
export function guard<T>(read: () => T): T {
  const value = read();
  recording?.guards.push({ read, value });
  return value;
}

/**
 * Records `body` for its shapes and structure alone: nothing is computed, sources of scalars (the counters of random draws among them) are
 * not asked, and what it assigns is forgotten. The tensors that it returns have a type but no value.
 */
export function dryRun<T>(body: () => T): T {
  if (recording !== undefined) throw new ArgumentError('[dryRun] cannot be used inside a compiled function.');
  flush([]);
  const own: Recording = { transient: new Set(), assigned: new Set(), scalars: [], guards: [], dry: true };
  recording = own;
  setRecorder(captureRecorder);
  try {
    return body();
  } finally {
    leaveRecording(own);
  }
}

function leaveRecording(own: Recording): void {
  recording = undefined;
  setRecorder(defaultRecorder);
  for (const cell of own.assigned) cell.discardPending();
  for (const node of own.transient) if (node.op !== 'composite') node.storage = capturedStorage();
}

const captureRecorder: Recorder = {
  created(node) {
    node.planned = true;
    const transient = recording?.transient;
    const changes = (input: Node): boolean => input.op === 'argument' || input.cell !== undefined || transient?.has(input) === true;
    if (node.op === 'scalar' || node.inputs.some(changes)) transient?.add(node);
  },
};

interface Capture {
  readonly device: Device;
  readonly guards: Recording['guards'];
  readonly linearization: Linearization;
  readonly targets: readonly (Node | undefined)[];
  /** For each leaf: the argument that it stands for, or the cell, or a leaf of its own (a constant). */
  readonly leaves: readonly (number | TensorCell | Node)[];
  readonly updates: readonly TensorCell[];
  readonly outputs: readonly Node[];
  /** Every scalar recorded, with its slot in the plan or −1 where the plan does not need it. */
  readonly scalars: readonly { readonly source: (() => number) | undefined; readonly value: number; readonly slot: number }[];
  readonly rebuild: (tensors: readonly Tensor[]) => CompiledResult;
  entry: PlanEntry | undefined;
  /** Whether the sources of the scalars have served a call: recording asked them for the first one. */
  called: boolean;
}

/** Signatures kept per compiled function. */
const captureLimit = 32;

/** Lets go of a compiled function's plans when the function is collected. */
const unpinner = new FinalizationRegistry<Map<string, Capture[]>>((captures) => {
  for (const list of captures.values()) for (const capture of list) unpin(capture);
});

function unpin(capture: Capture): void {
  if (capture.entry !== undefined) capture.entry.pins--;
  capture.entry = undefined;
}

/**
 * Compiles a function of tensors. At the first call with arguments of new shapes and dtypes it is recorded; every call then runs one plan
 * (forward, backward and update, if that is what it does) without recording again. `assign`ed variables are updated at each call.
 *
 * Plain TypeScript control flow is decided while recording. Reading a value inside throws {@link StaleValueError}.
 *
 * ```ts
 * const norm = compile((x: Tensor) => x.square().sum().sqrt());
 * await norm(tensor([3, 4])).item();  // 5
 * ```
 */
export function compile<A extends CompiledArgument[], R extends CompiledResult>(body: (...args: A) => R): (...args: A) => R {
  const captures = new Map<string, Capture[]>();
  const compiled = (...args: A): R => {
    if (recording !== undefined || inlining > 0) return body(...args);
    flush(args.filter((arg): arg is A[number] & Tensor => arg instanceof Tensor).map(nodeOf));
    const device = currentDevice();
    const signature = signatureOf(args);
    const known = captures.get(signature) ?? [];
    let capture = known.find((candidate) => candidate.device === device && candidate.guards.every(({ read, value }) => Object.is(read(), value)));
    if (capture === undefined) {
      capture = record(device, body, args);
      if (known.length >= captureLimit) known.splice(0, 1).forEach(unpin);
      captures.set(signature, [...known, capture]);
      if (captures.size > captureLimit) {
        const [oldest] = captures.keys();
        captures.get(oldest as string)?.forEach(unpin);
        captures.delete(oldest as string);
      }
    }
    return replay(capture, args) as R;
  };
  unpinner.register(compiled, captures);
  return compiled;
}

function signatureOf(args: readonly CompiledArgument[]): string {
  let signature = '';
  for (const arg of args) {
    if (arg instanceof Tensor) signature += `t${nodeOf(arg).type.id};`;
    else if (arg === null || ['number', 'string', 'boolean', 'undefined'].includes(typeof arg)) signature += `${typeof arg}:${JSON.stringify(arg)};`;
    else throw new ArgumentError(`[compile] a compiled function takes tensors, numbers, strings and booleans, not ${typeof arg}.`);
  }
  return signature;
}

/** Lists the tensors of a result and says how to put others in their places. */
function flattenResult(result: CompiledResult, tensors: Tensor[]): (values: readonly Tensor[]) => CompiledResult {
  if (result === undefined) return () => undefined;
  if (result instanceof Tensor) {
    const position = tensors.push(result) - 1;
    return (values) => values[position];
  }
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new ArgumentError('[compile] the function returned a promise; a compiled function only records and must not be async.');
  }
  if (Array.isArray(result)) {
    const parts = (result as CompiledResult[]).map((part) => flattenResult(part, tensors));
    return (values) => parts.map((part) => part(values));
  }
  if (typeof result !== 'object' || result === null) {
    throw new ArgumentError(`[compile] the function returned ${JSON.stringify(result)}; it may return tensors, arrays and objects of tensors.`);
  }
  const parts = Object.entries(result).map(([name, part]) => [name, flattenResult(part, tensors)] as const);
  return (values) => Object.fromEntries(parts.map(([name, part]) => [name, part(values)]));
}

function record<A extends CompiledArgument[]>(device: Device, body: (...args: A) => CompiledResult, args: A): Capture {
  const placeholders = args.map((arg) => (arg instanceof Tensor ? makeLeaf('argument', nodeOf(arg).type) : undefined));
  const own: Recording = { transient: new Set(), assigned: new Set(), scalars: [], guards: [], dry: false };
  const tensors: Tensor[] = [];
  let rebuild: Capture['rebuild'];
  recording = own;
  setRecorder(captureRecorder);
  let linearization: Linearization;
  let targets: (Node | undefined)[];
  let outputs: Node[];
  const updates: TensorCell[] = [];
  try {
    const symbolic = args.map((arg, i) => {
      const placeholder = placeholders[i];
      return placeholder === undefined ? arg : tensorOf(placeholder);
    }) as A;
    rebuild = flattenResult(body(...symbolic), tensors);
    outputs = tensors.map(nodeOf);
    updates.push(...own.assigned);
    targets = [...outputs.map(() => undefined), ...updates.map((cell) => cell.leaf)];
    linearization = linearize([...outputs, ...updates.map((cell) => cell.pending as Node)], targets);
  } finally {
    leaveRecording(own);
  }
  return {
    device,
    guards: own.guards,
    linearization,
    targets,
    leaves: linearization.leaves.map((leaf) => {
      const argument = placeholders.indexOf(leaf);
      return argument >= 0 ? argument : ((leaf.cell as TensorCell | undefined) ?? leaf);
    }),
    updates,
    outputs,
    scalars: own.scalars.map((node) => {
      const { source, value } = node.attributes as { source: (() => number) | undefined; value: number };
      return { source, value, slot: (linearization.scalars as readonly Node[]).indexOf(node) };
    }),
    rebuild,
    entry: undefined,
    called: false,
  };
}

function copyOf(node: Node): Node {
  const copy = makeNode('detach', [node], {});
  flush([copy]);
  return copy;
}

function replay(capture: Capture, args: readonly CompiledArgument[]): CompiledResult {
  const { device, linearization, targets } = capture;
  // What was recorded on parameters outside, and never computed, is computed before they change.
  const waiting = capture.updates.flatMap((cell) => cell.waitingConsumers());
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
  const scalars = linearization.scalars.map((node) => node.attributes.value);
  if (capture.called) {
    for (const { source, slot } of capture.scalars) {
      if (source === undefined) continue;
      const value = source();
      if (slot >= 0) scalars[slot] = value;
    }
  }
  capture.called = true;
  const storages = capture.outputs.map((output) => {
    const storage = new Storage(undefined);
    storage.allocate(device, output.type);
    return storage;
  });
  device.perform((engine) => {
    if (capture.entry === undefined) {
      capture.entry = planFor(device, linearization, () => engine.compile(toProgram(linearization, targets)));
      capture.entry.pins++;
    }
    runPlan(device, engine, capture.entry, [...bindings.map((bind) => bind()), ...storages.map((storage) => storage.buffer())], scalars);
  });
  for (const cell of capture.updates) cell.overwritten();
  return capture.rebuild(
    storages.map((storage, i) => {
      const leaf = makeLeaf('buffer', (capture.outputs[i] as Node).type);
      leaf.storage = storage;
      return tensorOf(leaf);
    }),
  );
}
