/** The values of a group's nodes as scalar expressions, through views and elementwise work down to the buffers that they are computed from. */
import { unaryPrimitives } from '../graph/elementwise.ts';
import { isFormula } from '../graph/formulas.ts';
import type { Attributes } from '../graph/attributes.ts';
import type { Program, ProgramNode } from '../graph/program.ts';
import { computedDType, type DType } from '../graph/types.ts';
import { positionOf } from './expressions.ts';
import { expandDraw } from './draws.ts';
import { expandFormula } from './formulas.ts';
import type { Group } from './groups.ts';
import { addIndex, constantIndex, sameIndex, type Index } from './index-expression.ts';
import type { BinaryOperator, Expression, Operand, ScalarType, UnaryOperator } from './kernel.ts';
import { flatten, restrict, throughView, type Position } from './views.ts';

/** Where nodes lie in memory, and which scalar is which. */
export interface Placement {
  /** The buffer that holds a node's value, for reading. */
  readonly bufferOf: (node: number) => number | undefined;
  /** The buffers that a kernel writes a node's value to. */
  readonly destinationsOf: (node: number) => readonly number[];
  readonly scalarSlot: (node: number) => number;
}

/** What a number of a dtype is in a kernel. */
export function scalarTypeOf(dtype: DType): ScalarType {
  const computed = computedDType(dtype);
  return computed === 'float32' ? 'f32' : computed === 'int32' ? 'i32' : 'bool';
}

/** Nodes may be converted in three ways: to another type of numbers, to the numbers that a narrow dtype holds, and by a load or store. */
function castValue(node: ProgramNode, type: ScalarType, operand: Expression): Expression {
  const { dtype } = node.attributes as Attributes['cast'];
  if (operand.type !== type) return { kind: 'cast', type, operand };
  // What a load or a store converts is exact in both.
  if (dtype === node.type.dtype) return operand;
  return dtype === 'float16' ? { kind: 'half', type: 'f32', operand } : integer('and', operand, constant(255));
}

const unaryOperators: ReadonlySet<string> = new Set(Object.keys(unaryPrimitives));

export function constant(value: number): Expression {
  return { kind: 'constant', type: 'i32', value };
}

export function integer(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: 'binary', type: 'i32', operator, left, right };
}

function samePosition(a: Position, b: Position): boolean {
  return (
    a === b ||
    (a.index.length === b.index.length &&
      a.guards.length === b.guards.length &&
      a.index.every((index, i) => sameIndex(index, b.index[i] as Index)) &&
      a.guards.every((guard, i) => {
        const other = b.guards[i];
        return (
          other !== undefined &&
          guard.lower === other.lower &&
          guard.upper === other.upper &&
          sameIndex(guard.index, other.index)
        );
      }))
  );
}

/** The values that the kernel of a group computes, each as an expression of the position at which it is asked for. */
export class NodeValues {
  readonly #program: Program;
  readonly #group: Group;
  readonly #placement: Placement;
  /** By node: at the positions that have been asked for, few for most. */
  readonly #memo = new Map<number, { readonly position: Position; readonly expression: Expression }[]>();
  readonly #clamps = new Map<Expression, Map<number, Expression>>();
  readonly #here: ReadonlySet<number>;

  constructor(program: Program, group: Group, placement: Placement) {
    this.#program = program;
    this.#group = group;
    this.#placement = placement;
    this.#here = new Set(group.stored);
  }

  node(index: number): ProgramNode {
    const node = this.#program.nodes[index];
    if (node === undefined) throw new Error(`internal: node ${index} does not exist`);
    return node;
  }

  /** The node's value at a position. */
  value(node: number, position: Position): Expression {
    let known = this.#memo.get(node);
    if (known === undefined) this.#memo.set(node, (known = []));
    for (const each of known) if (samePosition(each.position, position)) return each.expression;
    const expression = this.#evaluate(node, position);
    known.push({ position, expression });
    return expression;
  }

  #evaluate(index: number, position: Position): Expression {
    const node = this.node(index);
    const type = scalarTypeOf(node.type.dtype);
    const result = this.#group.anchors.indexOf(index);
    if (result >= 0) return { kind: 'result', type, position: result };
    if (!this.#here.has(index)) {
      const buffer = this.#placement.bufferOf(index);
      if (buffer !== undefined)
        return { kind: 'load', type, buffer, index: flatten(position.index, node.type.shape), guards: position.guards };
    }
    const operand = (i: number): Expression => this.value(node.inputs[i] ?? 0, position);
    switch (node.op) {
      case 'constant':
        return { kind: 'constant', type, value: (node.attributes as Attributes['constant']).value };
      case 'scalar':
        return { kind: 'scalar', type: type === 'f32' ? 'f32' : 'i32', slot: this.#placement.scalarSlot(index) };
      case 'iota':
        return {
          kind: 'index',
          type: 'i32',
          index: position.index[(node.attributes as Attributes['iota']).axis] ?? constantIndex(0),
        };
      case 'random': {
        const scalarPosition = { index: [], guards: [] };
        return expandDraw(node.attributes as Attributes['random'], {
          index: flatten(position.index, node.type.shape),
          seed: this.value(node.inputs[0] ?? 0, scalarPosition),
          counter: this.value(node.inputs[1] ?? 0, scalarPosition),
        });
      }
      case 'cast':
        return castValue(node, type, operand(0));
      case 'bitcast':
        return { kind: 'bitcast', type: type === 'i32' ? 'i32' : 'f32', operand: operand(0) };
      case 'detach':
        return operand(0);
      case 'where':
        return { kind: 'select', type, condition: operand(0), ifTrue: operand(1), ifFalse: operand(2) };
      case 'concat':
        return this.#concat(node, position, type);
      case 'gather':
        return this.#gather(node, position, type);
      case 'reshape':
      case 'transpose':
      case 'broadcast':
      case 'slice':
      case 'flip':
      case 'pad':
      case 'unfold': {
        const input = node.inputs[0] ?? 0;
        const below = throughView(node, this.node(input), position);
        const value = this.value(input, below);
        if (below.conditions.length === 0) return value;
        const outside: Expression = { kind: 'constant', type, value: (node.attributes as Attributes['pad']).value };
        return {
          kind: 'select',
          type,
          condition: { kind: 'inside', type: 'bool', conditions: below.conditions },
          ifTrue: value,
          ifFalse: outside,
        };
      }
      default:
        if (isFormula(node.op)) return expandFormula(node.op, operand(0));
        if (unaryOperators.has(node.op))
          return { kind: 'unary', type, operator: node.op as UnaryOperator, operand: operand(0) };
        if (node.inputs.length === 2)
          return { kind: 'binary', type, operator: node.op as BinaryOperator, left: operand(0), right: operand(1) };
        throw new Error(`internal: ${node.op} has no value outside of its own kernel`);
    }
  }

  #concat(node: ProgramNode, { index, guards }: Position, type: ScalarType): Expression {
    const { axis } = node.attributes as Attributes['concat'];
    const along = index[axis] ?? constantIndex(0);
    let offset = node.type.shape[axis] ?? 0;
    let result: Expression | undefined;
    for (let i = node.inputs.length - 1; i >= 0; i--) {
      const input = node.inputs[i] ?? 0;
      const extent = this.node(input).type.shape[axis] ?? 0;
      offset -= extent;
      if (extent === 0) continue;
      const source = addIndex(along, constantIndex(-offset));
      const conditions = restrict([{ index: source, lower: 0, upper: extent }]);
      const value = this.value(input, {
        index: index.map((part, i) => (i === axis ? source : part)),
        guards: [...guards, ...conditions],
      });
      result =
        result === undefined
          ? value
          : {
              kind: 'select',
              type,
              condition: { kind: 'inside', type: 'bool', conditions },
              ifTrue: value,
              ifFalse: result,
            };
    }
    return result ?? { kind: 'constant', type, value: 0 };
  }

  /** Read where the index says. The position is clamped, so that no read is ever outside; what lies outside is chosen away. */
  #gather(node: ProgramNode, position: Position, type: ScalarType): Expression {
    const [x = 0, index = 0] = node.inputs;
    const { axis, outside } = node.attributes as Attributes['gather'];
    const last = (this.node(x).type.shape[axis] ?? 1) - 1;
    const raw = this.value(index, position);
    const at = (along: Index): Expression =>
      this.value(x, { index: position.index.map((part, i) => (i === axis ? along : part)), guards: position.guards });
    if (raw.kind === 'index' && raw.index.min >= 0 && raw.index.max <= last) return at(raw.index);
    const clamped = this.clamp(raw, last);
    return {
      kind: 'select',
      type,
      condition: { kind: 'binary', type: 'bool', operator: 'equal', left: raw, right: clamped },
      ifTrue: at(positionOf(clamped, 0, last)),
      ifFalse: { kind: 'constant', type, value: outside },
    };
  }

  /** The nearest of 0 … last; one expression for each, so that what is read with one index shares its position. */
  clamp(raw: Expression, last: number): Expression {
    const known = this.#clamps.get(raw) ?? new Map<number, Expression>();
    this.#clamps.set(raw, known);
    let clamped = known.get(last);
    if (clamped === undefined) {
      clamped = integer('minimum', integer('maximum', raw, constant(0)), constant(last));
      known.set(last, clamped);
    }
    return clamped;
  }

  /** A contraction's operand: an element of memory behind views, zero where a guard fails. */
  operand(node: number, position: Position): Operand {
    let current = node;
    let { index, guards } = position;
    for (;;) {
      const buffer = this.#placement.bufferOf(current);
      if (buffer !== undefined) return { buffer, index: flatten(index, this.node(current).type.shape), guards };
      const input = this.node(current).inputs[0] ?? 0;
      ({ index, guards } = throughView(this.node(current), this.node(input), { index, guards }));
      current = input;
    }
  }
}
