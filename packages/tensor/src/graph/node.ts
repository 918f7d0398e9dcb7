/** A node of the graph: an operation on other nodes, or a leaf that holds data. */
import type { Attributes, Primitive } from './attributes.ts';
import { primitives } from './primitives.ts';
import { ShapeError } from './errors.ts';
import { noteOrigin } from './origins.ts';
import { calledFunction } from './stack.ts';
import { formatType, isFloat, largestSize, type TensorType } from './types.ts';

/** Where the value of a realised node lives. Only the runtime looks inside. */
export interface NodeStorage {
  readonly disposed: boolean;
}

/** A place whose value changes over time (a parameter, a moment, a running statistic). Only the runtime looks inside. */
export interface NodeCell {
  /** Its role: a parameter (true), or a buffer. */
  readonly requiresGrad: boolean;
  /** Whether `backward` leaves it a gradient: a parameter that is not frozen now. Reading it is guarded. */
  readonly trainable: boolean;
  /** What `backward` left; read and reset through `Tensor.grad`. */
  gradient: Node | undefined;
  /** Called with each node that reads `value`, the cell's node, directly. */
  consumed(value: Node, by: Node): void;
}

/** A node with its primitive's attributes; switch on `op` to narrow `attributes`. */
export class Node<P extends Primitive = Primitive> {
  readonly op: P;
  inputs: readonly Node[];
  readonly attributes: Attributes[P];
  readonly type: TensorType;
  /** Set once the value exists; from then on every walker of plans treats the node as a leaf. */
  storage: NodeStorage | undefined = undefined;
  /** Set while the node is the current value of a cell. */
  cell: NodeCell | undefined = undefined;
  /** True where a parameter or a `requiresGrad` leaf is among the ancestors, so that history is kept for gradients. */
  readonly differentiable: boolean;
  /** True where the current value of a cell is among the ancestors: an update of that cell may make the node's value unreadable. */
  readsCell = false;
  /** True of parameters of a body and of what depends on them: it has a value at each step of a loop, and none outside. */
  local = false;
  /** True once the node was part of a plan (or recorded in a capture): its value, if not stored, was an intermediate. */
  planned = false;
  /** Scratch of whichever walk is running: `mark` is the walk's number, `index` its result. */
  mark = 0;
  index = 0;

  constructor(op: P, inputs: readonly Node[], attributes: Attributes[P], type: TensorType, differentiable: boolean) {
    this.op = op;
    this.inputs = inputs;
    this.attributes = attributes;
    this.type = type;
    this.differentiable = differentiable;
  }
}

/** Listener of the recording: the runtime counts unrealised nodes through it and captures functions. */
export interface Recorder {
  created(node: Node): void;
  /** Told of what has no value of its own: a node of a body, or of one example of many. */
  inside?(node: Node): void;
}

/** What users called, of nodes that are known by another name than their primitive's. */
const callers = new WeakMap<Node, string>();
let caller: string | undefined;

/**
 * Runs what records a public operation that has no gradient, so that messages name it and not the primitives that it is made of. Of one inside of
 * another it is the outer one that users called.
 */
export function knownAs<T>(name: string | undefined, record: () => T): T {
  const before = caller;
  caller ??= name;
  try {
    return record();
  } finally {
    caller = before;
  }
}

/** The name of the public operation that recorded a node, where {@link knownAs} gave one. */
export function callerOf(node: Node): string | undefined {
  return callers.get(node);
}

let recorder: Recorder | undefined;

/** Returns the recorder that was set before. */
export function setRecorder(next: Recorder | undefined): Recorder | undefined {
  const before = recorder;
  recorder = next;
  return before;
}

let bodies = 0;

/** Whether the body of a loop is being recorded. */
export function recordsBody(): boolean {
  return bodies > 0;
}

/** Runs what records the body of a loop on its parameters. */
export function recordBody<T>(record: () => T): T {
  bodies++;
  try {
    return record();
  } finally {
    bodies--;
  }
}

/** A part of a program that sees through other nodes what was made outside of it (enclosure.ts). */
export interface Enclosure {
  /** What stands for a node inside. */
  gateOf(node: Node): Node;
  /** Told of every node that is made inside. */
  made(node: Node): void;
}

let enclosure: Enclosure | undefined;

/** Returns the enclosure that was set before. */
export function setEnclosure(next: Enclosure | undefined): Enclosure | undefined {
  const before = enclosure;
  enclosure = next;
  return before;
}

/** What an operation that is being recorded reads in the place of a node. */
export const gateOf = (node: Node): Node => enclosure?.gateOf(node) ?? node;

/** Tells whoever listens of a node that was just made. A part of a body is nothing that could be computed by itself. */
function announce(node: Node, inputs: readonly Node[], readsCell: boolean): void {
  if (node.local) {
    recorder?.inside?.(node);
    return;
  }
  // A node with several results is computed for the nodes that read them.
  if (readsCell && node.type.parts === undefined) {
    const read = node.op === 'result' ? (inputs[0] as Node).inputs : inputs;
    for (const input of read) if (input.cell !== undefined) input.cell.consumed(input, node);
  }
  recorder?.created(node);
}

/** Throws {@link ShapeError} for a result of more elements than a device can count, also where it would never lie in memory. */
function requireCountable(op: string, type: TensorType): void {
  if (type.size <= largestSize || type.parts !== undefined) return;
  throw new ShapeError(
    `[${caller ?? calledFunction() ?? op}] a tensor ${formatType(type)} has ${type.size} elements, more than the ${largestSize} that can be counted.`,
    { hint: 'Compute it in parts.' },
  );
}

/** Records one operation. Throws what the primitive's inference throws, on the caller's line. */
export function makeNode<P extends Primitive>(op: P, given: readonly Node[], attributes: Attributes[P]): Node {
  const inputs = enclosure === undefined ? given : given.map(gateOf);
  const spec = primitives[op] as { infer(types: readonly TensorType[], attributes: Attributes[P]): TensorType };
  // A composite depends also on what its body takes from elsewhere.
  const body = op === 'composite' ? (attributes as Attributes['composite']).body : undefined;
  let differentiable = body?.differentiable === true;
  let readsCell = body?.readsCell === true;
  // What a body repeats along its axes is better repeated there than stored for it.
  let local = body?.local === true || (bodies > 0 && op === 'broadcast');
  const types = new Array<TensorType>(inputs.length);
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i] as Node;
    types[i] = input.type;
    if (input.differentiable) differentiable = true;
    if (input.readsCell || input.cell !== undefined) readsCell = true;
    if (input.local) local = true;
  }
  const type = spec.infer(types, attributes);
  requireCountable(op, type);
  const node = new Node(op, inputs, attributes, type, differentiable && op !== 'detach') as unknown as Node;
  if (readsCell) node.readsCell = true;
  if (local) node.local = true;
  if (caller !== undefined) callers.set(node, caller);
  noteOrigin(node);
  enclosure?.made(node);
  announce(node, inputs, readsCell);
  return node;
}

/** The same value as a new node with respect to which gradients can be taken; gradients flow on through it to `node`. */
export function makeIdentity(node: Node): Node {
  const input = gateOf(node);
  const result = new Node('reshape', [input], { shape: node.type.shape }, node.type, true) as unknown as Node;
  noteOrigin(result);
  enclosure?.made(result);
  result.readsCell = node.readsCell || node.cell !== undefined;
  result.local = input.local;
  announce(result, [input], result.readsCell);
  return result;
}

/** A leaf of the given type. */
export function makeLeaf(op: 'buffer' | 'argument', type: TensorType, options: { requiresGrad?: boolean } = {}): Node {
  const attributes = { dtype: type.dtype, shape: type.shape };
  const leaf = new Node(op, [], attributes, type, options.requiresGrad === true) as unknown as Node;
  enclosure?.made(leaf);
  return leaf;
}

/** A parameter of a body: a leaf that is bound anew at each step. */
export function makeParameter(type: TensorType): Node {
  const parameter = makeLeaf('argument', type, { requiresGrad: isFloat(type.dtype) });
  parameter.local = true;
  return parameter;
}

let walks = 0;
/** A fresh number for {@link Node.mark}. */
export function nextWalk(): number {
  return ++walks;
}

/** `node` narrowed to one primitive. */
export function isOp<P extends Primitive>(node: Node, op: P): node is Node & Node<P> {
  return node.op === op;
}
