/**
 * Recording apart from the main line: inside a compiled function, a trace or a dry run, operations make nodes that are not computed where
 * they are made, and what is assigned to variables does not happen there.
 */
import { requireFunction } from '../arguments/index.ts';
import { setRecorder, type Node, type Recorder } from '../graph/node.ts';
import type { TensorCell } from './cell.ts';
import type { HostView } from './host-view.ts';
import { capturedStorage } from './storage.ts';

export interface Recording {
  /** Nodes whose values change from call to call; outside of the capture they mean nothing. */
  readonly transient: Set<Node>;
  readonly assigned: Set<TensorCell>;
  /** Scalars in the order of recording. */
  readonly scalars: Node[];
  readonly guards: { readonly read: () => unknown; readonly value: unknown }[];
  /** What has to hold for elements of arguments, where a call finds them on the host. */
  readonly checks: CheckOfValues[];
  /** What it has done to the gradients of variables. */
  readonly gradients: Map<TensorCell, RecordedGradient>;
  /** Which variables it has found trainable or frozen. */
  readonly trainable: Map<TensorCell, boolean>;
  /** Whether nothing will be computed; see {@link trace}. */
  readonly dry: boolean;
}

/** A check of the elements of a view. */
export interface CheckOfValues {
  readonly view: HostView;
  /** Throws unless they are as they must be. */
  readonly check: (view: HostView) => void;
}

/** The gradient of a variable inside a recording. */
export interface RecordedGradient {
  /** Stands for the one that is there when the function is called; undefined where the recording did not ask for it, or there was none. */
  readonly before: Node | undefined;
  /** The one that is there now. */
  readonly now: Node | undefined;
}

let recording: Recording | undefined;
let inlining = 0;
let writingOut = 0;

/** The recording that is going on, if any. */
export function activeRecording(): Recording | undefined {
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

/** Whether what is recorded now is looked at and never computed: a trace or a dry run. */
export function isDry(): boolean {
  return recording?.dry === true;
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

/** Runs `body` with loops recorded step by step, so that every step has operations of its own that can be looked at. */
export function withLoopsWrittenOut<T>(body: () => T): T {
  writingOut++;
  try {
    return body();
  } finally {
    writingOut--;
  }
}

/** Whether loops are to be recorded step by step. */
export function writesLoopsOut(): boolean {
  return writingOut > 0;
}

/** The value with which a scalar is recorded. */
export function valueOfSource(source: () => number): number {
  return isDry() ? 0 : source();
}

/** Tells a recording of a scalar, whose source is asked again at each call. */
export function noteScalar(node: Node): void {
  recording?.scalars.push(node);
}

/** Tells a recording of a check of values, which is made again at each call where they are those of an argument. */
export function checkAtCalls(view: HostView, check: CheckOfValues['check']): void {
  if (recording?.dry === false && view.leaf.op === 'argument') recording.checks.push({ view, check });
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
  const own: Recording = {
    transient: new Set(),
    assigned: new Set(),
    scalars: [],
    guards: [],
    checks: [],
    gradients: new Map(),
    trainable: new Map(),
    dry,
  };
  recording = own;
  const before = setRecorder(apartRecorder);
  try {
    return body(own);
  } finally {
    recording = undefined;
    setRecorder(before);
    for (const cell of own.assigned) cell.leaveRecording();
    if (seal) for (const node of own.transient) if (node.op !== 'composite') node.storage = capturedStorage();
  }
}
