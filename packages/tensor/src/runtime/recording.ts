/**
 * Recording apart from the main line: inside a compiled function, a trace or a dry run, operations make nodes that are not computed where
 * they are made, and what is assigned to variables does not happen there.
 */
import { requireFunction } from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import { setRecorder, type Node, type Recorder } from '../graph/node.ts';
import type { TensorCell } from './cell.ts';
import { defaultRecorder, flush } from './realize.ts';
import { capturedStorage } from './storage.ts';

export interface Recording {
  /** Nodes whose values change from call to call; outside of the capture they mean nothing. */
  readonly transient: Set<Node>;
  readonly assigned: Set<TensorCell>;
  /** Scalars in the order of recording. */
  readonly scalars: Node[];
  readonly guards: { readonly read: () => unknown; readonly value: unknown }[];
  /** Whether nothing will be computed; see {@link trace}. */
  readonly dry: boolean;
}

let recording: Recording | undefined;
let inlining = 0;

/** The recording that is going on, if any. */
export function activeCapture(): Recording | undefined {
  return recording;
}

/**
 * Stands for the recording that is going on, of a compiled function, a trace or a dry run: one object for each, undefined outside of them.
 * Outside, values that {@link guard} would remember need not be looked at.
 *
 * ```ts
 * currentRecording(); // undefined
 * ```
 */
export function currentRecording(): object | undefined {
  return recording;
}

/** Whether a compiled function is to be recorded in place, like a plain one. */
export function recordsInPlace(): boolean {
  return recording !== undefined || inlining > 0;
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

/** Tells a recording of a scalar, whose source is asked again at each call. */
export function noteScalar(node: Node): void {
  recording?.scalars.push(node);
}

/**
 * Reads a host value that a recorded function branches on (whether a module trains, say). Inside {@link compile} it is
 * remembered, and a call that finds it changed is recorded anew; elsewhere it is just read.
 *
 * ```ts
 * let training = true;
 * const layer = compile((x: Tensor) => (guard(() => training) ? x.mul(2) : x));
 * await layer(tensor([1])).toArray(); // [2]
 * training = false;
 * await layer(tensor([1])).toArray(); // [1]
 * ```
 */
export function guard<T>(read: () => T): T {
  requireFunction('guard', 'read', read);
  const value = read();
  recording?.guards.push({ read, value });
  return value;
}

const apartRecorder: Recorder = {
  created(node) {
    node.planned = true;
    const transient = recording?.transient;
    const changes = (input: Node): boolean =>
      input.op === 'argument' || input.cell !== undefined || transient?.has(input) === true;
    if (node.op === 'scalar' || node.inputs.some(changes)) transient?.add(node);
  },
};

/**
 * Records `body`; what it assigned is forgotten afterwards. With `seal`, reading a value that was made inside is an error afterwards: it has
 * none.
 */
export function recordApart<T>(body: (own: Recording) => T, { dry, seal }: { dry: boolean; seal: boolean }): T {
  const own: Recording = { transient: new Set(), assigned: new Set(), scalars: [], guards: [], dry };
  recording = own;
  setRecorder(apartRecorder);
  try {
    return body(own);
  } finally {
    recording = undefined;
    setRecorder(defaultRecorder);
    for (const cell of own.assigned) cell.discardPending();
    if (seal) for (const node of own.transient) if (node.op !== 'composite') node.storage = capturedStorage();
  }
}

function recordDry<T>(op: string, body: () => T, seal: boolean): { readonly result: T; readonly assigned: number } {
  requireFunction(op, 'the body', body);
  if (recording !== undefined) throw new ArgumentError(`[${op}] cannot be used inside a compiled function.`);
  // Updates recorded so far are computed, since those recorded inside are forgotten.
  flush([]);
  return recordApart((own) => ({ result: body(), assigned: own.assigned.size }), { dry: true, seal });
}

/**
 * Records what `body` computes without running it, for walkers that make something else of a function (a file, a drawing). Values cannot be
 * read inside. What it assigns to variables is forgotten; `assigned` says to how many it did.
 */
export function trace<T>(body: () => T): { readonly result: T; readonly assigned: number } {
  return recordDry('trace', body, false);
}

/**
 * Records `body` for its shapes and structure alone: nothing is computed, sources of scalars (the counters of random
 * draws among them) are not asked, and what it assigns is forgotten. The tensors that it returns have a type but no
 * value.
 *
 * Throws {@link ArgumentError} inside a compiled function.
 *
 * ```ts
 * dryRun(() => randn([64, 784]).matmul(zeros([784, 10])).softmax(-1)).shape; // [64, 10]
 * ```
 */
export function dryRun<T>(body: () => T): T {
  return recordDry('dryRun', body, true).result;
}
