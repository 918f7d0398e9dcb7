/**
 * A program is a graph cut loose from tensors: nodes in topological order, composites replaced by their bodies, data leaves lifted
 * to parameters and changing numbers to scalars. It is what plans are made from, and its key is what they are found by: the
 * whole structure as one list of integers, so that comparing keys compares programs exactly.
 */
import { HebbError } from './errors.ts';
import { nextWalk, type Node } from './node.ts';
import { originOf, type Origin } from './origins.ts';
import type { Attributes, LoopAttributes, PlanPrimitive, Primitive } from './attributes.ts';
import { primitiveCodes, primitives } from './primitives.ts';
import type { TensorType } from './types.ts';

/** Attributes cut loose from nodes. */
export interface PlanAttributes extends Omit<Attributes, 'composite' | 'scan'> {
  /** The program's parameters are those of the body, its outputs the body's results. */
  scan: { readonly body: Program } & LoopAttributes;
}

export interface ProgramNode<P extends PlanPrimitive = PlanPrimitive> {
  readonly op: P;
  readonly attributes: PlanAttributes[P];
  readonly type: TensorType;
  /** Positions in {@link Program.nodes}. */
  readonly inputs: readonly number[];
  /** Known where somebody asked while it was recorded; no part of what the program computes. */
  readonly origin?: Origin | undefined;
}

/** A value that a program computes. */
export interface ProgramOutput {
  readonly node: number;
  /** The parameter whose memory the value replaces after every other use of the old value, or −1 for memory of its own. */
  readonly parameter: number;
}

export interface Program {
  readonly nodes: readonly ProgramNode[];
  /** Node of each parameter (op `buffer` or `argument`, or whatever a realised node was). */
  readonly parameters: readonly number[];
  /** Node of each scalar. */
  readonly scalars: readonly number[];
  readonly outputs: readonly ProgramOutput[];
}

/** A linearised graph: its key, and the leaves that a run has to bind, in the order of the key. */
export interface Linearization {
  readonly key: Int32Array;
  readonly hash: number;
  /** Every node, leaves included, in topological order. */
  readonly nodes: readonly Node[];
  readonly leaves: readonly Node[];
  readonly scalars: readonly (Node & Node<'scalar'>)[];
  /** The linearised outputs' positions in `nodes`. */
  readonly outputs: readonly number[];
}

/** Follows composites to the primitive that computes the same value. */
export function resolve(node: Node): Node {
  let current = node;
  while (current.op === 'composite' && current.storage === undefined) {
    current = (current.attributes as Attributes['composite']).body;
  }
  return current;
}

const codeOfLeaf = -1;

type Attribute = number | boolean | string | readonly number[] | undefined;

const floatBits = new Float64Array(1);
const intBits = new Int32Array(floatBits.buffer);
/** In front of the bits of what is no other int32. */
const asBits = -(2 ** 31);
const texts: string[] = [];

/** Appends what is said of an operation beside the types of its inputs and result. */
export function pushAttributes(op: Primitive, attributes: object, out: number[]): void {
  for (const name of primitives[op].says) pushAttribute((attributes as Record<string, Attribute>)[name], out);
}

/** Appends what an attribute is, so that the same integers are the same value. */
function pushAttribute(value: Attribute, out: number[]): void {
  if (typeof value === 'object') {
    out.push(value.length);
    for (const item of value) pushAttribute(item, out);
  } else if (typeof value === 'string') {
    if (!texts.includes(value)) texts.push(value);
    out.push(texts.indexOf(value));
  } else {
    const number = Number(value);
    floatBits[0] = number;
    if (Object.is(number | 0, number) && number !== asBits) out.push(number);
    else out.push(asBits, ...intBits);
  }
}

/**
 * Orders everything that `outputs` need, inputs before users. `targets[i]`, where given, is the leaf whose memory output i replaces. Of a body,
 * `parameters` are the leaves, all of them and in this order. Iterative, so that a chain of a hundred thousand operations does not overflow the stack.
 */
export function linearize(
  outputs: readonly Node[],
  targets: readonly (Node | undefined)[] = [],
  parameters?: readonly Node[],
): Linearization {
  const walk = nextWalk();
  const nodes: Node[] = [];
  const leaves: Node[] = [];
  const scalars: (Node & Node<'scalar'>)[] = [];
  const key: number[] = [];
  const stack: Node[] = [];

  for (const parameter of parameters ?? []) visitLeaf(parameter, walk, nodes, leaves, key);
  for (const output of outputs) {
    stack.push(computedIn(output, walk));
    while (stack.length > 0) {
      const node = stack[stack.length - 1] as Node;
      if (node.mark === walk) {
        stack.pop();
        continue;
      }
      const isLeaf =
        parameters === undefined && (node.storage !== undefined || node.op === 'buffer' || node.op === 'argument');
      if (isLeaf) {
        stack.pop();
        visitLeaf(node, walk, nodes, leaves, key);
        continue;
      }
      let ready = true;
      for (let i = node.inputs.length - 1; i >= 0; i--) {
        const input = computedIn(node.inputs[i] as Node, walk);
        if (input.mark !== walk) {
          stack.push(input);
          ready = false;
        }
      }
      if (!ready) continue;
      stack.pop();
      node.mark = walk;
      node.index = nodes.length;
      nodes.push(node);
      key.push(primitiveCodes[node.op], node.type.id);
      if (primitives[node.op].arity < 0) key.push(node.inputs.length);
      for (const input of node.inputs) key.push(computedIn(input, walk).index);
      pushAttributes(node.op, node.attributes, key);
      if (node.op === 'scalar') scalars.push(node as Node & Node<'scalar'>);
    }
  }
  for (const target of targets) if (target !== undefined) visitLeaf(target, walk, nodes, leaves, key);
  key.push(-2);
  const positions: number[] = [];
  for (let i = 0; i < outputs.length; i++) {
    const output = outputs[i];
    if (output === undefined) continue;
    const position = computedIn(output, walk).index;
    positions.push(position);
    key.push(position, targets[i]?.index ?? -1);
  }
  const packed = new Int32Array(key.length);
  let hash = 0x811c9dc5;
  for (let i = 0; i < packed.length; i++) {
    const part = (key[i] as number) | 0;
    packed[i] = part;
    hash = Math.imul(hash ^ part, 0x01000193);
  }
  return { key: packed, hash: hash >>> 0, nodes, leaves, scalars, outputs: positions };
}

function visitLeaf(node: Node, walk: number, nodes: Node[], leaves: Node[], key: number[]): void {
  if (node.mark === walk) return;
  node.mark = walk;
  node.index = nodes.length;
  nodes.push(node);
  leaves.push(node);
  key.push(codeOfLeaf, node.type.id);
}

/** As {@link resolve}, but that a composite which is a parameter, and so part of the walk already, is a leaf. */
function computedIn(node: Node, walk: number): Node {
  let current = node;
  while (current.op === 'composite' && current.storage === undefined && current.mark !== walk)
    current = (current.attributes as Attributes['composite']).body;
  return current;
}

/** Whether two keys, and so two programs, are the same. */
export function sameKey(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The linearised body of a loop: what its key and its program are made from. */
export function linearizeBody({ parameters, results }: Attributes['scan']['body']): Linearization {
  return linearize(results, [], parameters);
}

/** For each node, whether an output needs it. */
export function neededNodes({ nodes, outputs }: Program): boolean[] {
  const needed = nodes.map(() => false);
  for (const { node } of outputs) needed[node] = true;
  for (let index = nodes.length - 1; index >= 0; index--) {
    if (needed[index] === true) for (const input of nodes[index]?.inputs ?? []) needed[input] = true;
  }
  return needed;
}

/** A node's attributes without what they hold of the graph. */
function cutLoose(node: Node): ProgramNode['attributes'] {
  if (node.op === 'scalar') return { ...(node.attributes as Attributes['scalar']), source: undefined };
  if (node.op !== 'scan') return node.attributes;
  const attributes = node.attributes as Attributes['scan'];
  return { ...attributes, body: toProgram(linearizeBody(attributes.body)) };
}

/** The program of a linearised graph; holds no tensor, node or memory alive. */
export function toProgram(linearization: Linearization, targets: readonly (Node | undefined)[] = []): Program {
  const { nodes, leaves, scalars, outputs } = linearization;
  const position = new Map<Node, number>(nodes.map((node, index) => [node, index]));
  const find = (node: Node): number => {
    let computed = node;
    let index = position.get(computed);
    while (index === undefined && computed.op === 'composite') {
      computed = (computed.attributes as Attributes['composite']).body;
      index = position.get(computed);
    }
    if (index === undefined) throw new HebbError('internal: a node is missing from its own linearization');
    return index;
  };
  const leafSet = new Set(leaves);
  const parameters = leaves.map(find);
  const parameterOf = new Map(leaves.map((leaf, i) => [leaf, i]));
  return {
    nodes: nodes.map((node): ProgramNode => {
      if (leafSet.has(node)) {
        const { dtype, shape } = node.type;
        return { op: 'buffer', attributes: { dtype, shape }, type: node.type, inputs: [] };
      }
      return {
        op: node.op as PlanPrimitive,
        attributes: cutLoose(node),
        type: node.type,
        inputs: node.inputs.map(find),
        origin: originOf(node),
      };
    }),
    parameters,
    scalars: scalars.map(find),
    outputs: outputs.map((node, i) => {
      const target = targets[i];
      return { node, parameter: target === undefined ? -1 : (parameterOf.get(target) ?? -1) };
    }),
  };
}
