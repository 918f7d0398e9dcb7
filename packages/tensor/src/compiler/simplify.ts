/**
 * First pass of the compiler: equal nodes become one, arithmetic on constants happens here, and views of views collapse. No rewrite
 * changes a result beyond the sign of a zero.
 */
import type { Attributes, PlanPrimitive } from '../graph/attributes.ts';
import { pushAttributes, type Program, type ProgramNode } from '../graph/program.ts';
import { sameShape, sizeOf, tensorType, type DType, type TensorType } from '../graph/types.ts';
import { foldConstants, roundConstant } from './constants.ts';
import { maximumChoices } from './copies.ts';
import type { Without } from './optimisations.ts';

type AnyNode = ProgramNode;

function attributesOf<P extends PlanPrimitive>(node: AnyNode, op: P): Attributes[P] | undefined {
  return node.op === op ? (node.attributes as unknown as Attributes[P]) : undefined;
}

/** Operations of which no pass behind this one knows what they are over nothing, over axes of one element, or of many parts. */
const needed: ReadonlySet<PlanPrimitive> = new Set(['concat', 'gather', 'scatter', 'dot', 'sum', 'prod', 'max', 'min']);

class Simplifier {
  readonly nodes: AnyNode[] = [];
  /** Of what is made now. */
  origin: AnyNode['origin'];
  readonly #known = new Map<string, number>();
  readonly #without: Without;

  constructor(without: Without) {
    this.#without = without;
  }

  at(index: number): AnyNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`internal: node ${index} does not exist`);
    return node;
  }

  constantValue(index: number): number | undefined {
    return attributesOf(this.at(index), 'constant')?.value;
  }

  /** A node that is never merged with another: a parameter or a scalar. */
  unique(node: AnyNode): number {
    return this.nodes.push(node) - 1;
  }

  constant(value: number, { dtype, shape }: TensorType): number {
    const type = tensorType(dtype, shape);
    return this.#intern('constant', [], { dtype, shape: type.shape, value: roundConstant(value, dtype) }, type);
  }

  emit<P extends PlanPrimitive>(op: P, inputs: readonly number[], attributes: Attributes[P], type: TensorType): number {
    return this.#rewrite(op, inputs, attributes, type) ?? this.#intern(op, inputs, attributes, type);
  }

  #intern<P extends PlanPrimitive>(
    op: P,
    inputs: readonly number[],
    attributes: Attributes[P],
    type: TensorType,
  ): number {
    const encoded: number[] = [];
    pushAttributes(op, attributes, encoded);
    const key = `${op}:${type.id}:${inputs.join(',')}:${encoded.join(',')}`;
    const known = this.#known.get(key);
    if (known !== undefined && !this.#without.has('common-subexpressions')) return known;
    const index = this.nodes.push({ op, inputs, attributes, type, origin: this.origin }) - 1;
    this.#known.set(key, index);
    return index;
  }

  /** A simpler node for the same value, or undefined. */
  #rewrite(op: PlanPrimitive, inputs: readonly number[], attributes: unknown, type: TensorType): number | undefined {
    // What has no elements needs nothing to be computed.
    if (type.size === 0 && op !== 'constant') return this.constant(0, type);
    if (this.#without.has('simplification') && !needed.has(op)) return undefined;
    const [first = -1, second = -1, third = -1] = inputs;
    const a = first >= 0 ? this.constantValue(first) : undefined;
    const b = second >= 0 ? this.constantValue(second) : undefined;
    const constants = inputs.map((input) => this.constantValue(input));
    const dtype = op === 'cast' ? (attributes as Attributes['cast']).dtype : type.dtype;
    const folded = foldConstants(op, constants, dtype);
    if (folded !== undefined) return this.constant(folded, type);
    switch (op) {
      case 'constant':
        return this.constant((attributes as Attributes['constant']).value, type);
      case 'iota':
        return type.shape[(attributes as Attributes['iota']).axis] === 1 ? this.constant(0, type) : undefined;
      case 'detach':
        return first;
      case 'cast':
        // One that rounds keeps the type, and changes nothing a second time.
        return this.at(first).type === type && (dtype === type.dtype || this.#rounds(first, dtype)) ? first : undefined;
      case 'bitcast':
        return this.at(first).type === type ? first : undefined;
      case 'add':
        return b === 0 ? first : a === 0 ? second : undefined;
      case 'sub':
        return b === 0 ? first : undefined;
      case 'mul':
        return b === 1 ? first : a === 1 ? second : undefined;
      case 'div':
        return b === 1 ? first : undefined;
      case 'neg':
      case 'not':
        return this.at(first).op === op ? this.at(first).inputs[0] : undefined;
      case 'where':
        return second === third ? second : a === undefined ? undefined : a !== 0 ? second : third;
      case 'reshape':
        return this.#reshape(first, type);
      case 'broadcast':
        return this.#broadcast(first, type);
      case 'transpose':
        return this.#transpose(first, (attributes as Attributes['transpose']).permutation, type);
      case 'slice':
      case 'flip':
        return a === undefined
          ? this.at(first).type === type && op === 'slice'
            ? first
            : undefined
          : this.constant(a, type);
      case 'unfold':
        return a === undefined ? undefined : this.constant(a, type);
      case 'gather':
        return this.at(first).type.size === 0
          ? this.constant((attributes as Attributes['gather']).outside, type)
          : undefined;
      case 'scatter':
        return this.at(second).type.size === 0 ? first : undefined;
      case 'concat':
        return this.#concat(inputs, (attributes as Attributes['concat']).axis, type);
      case 'fold':
        return this.#fold(first, attributes as Attributes['fold'], type);
      case 'sum':
      case 'prod':
      case 'max':
      case 'min':
        return this.#reduction(op, first, (attributes as Attributes['sum']).axes, type);
      case 'dot':
        return this.at(first).type.shape.at(-1) === 0 ? this.constant(0, type) : undefined;
      default:
        return undefined;
    }
  }

  /** Whether a node is a cast that rounds to numbers of this dtype. */
  #rounds(index: number, dtype: DType): boolean {
    return attributesOf(this.at(index), 'cast')?.dtype === dtype;
  }

  /** Parts without elements are left out. Many parts are joined along their first axis, where each is one range of memory. */
  #concat(inputs: readonly number[], axis: number, type: TensorType): number | undefined {
    const parts = inputs.filter((input) => this.at(input).type.size > 0);
    if (parts.length === 1) return parts[0];
    const ranged = parts.length <= maximumChoices || type.shape.slice(0, axis).every((extent) => extent === 1);
    if (ranged) return parts.length === inputs.length ? undefined : this.emit('concat', parts, { axis }, type);
    const forwards = [axis, ...type.shape.keys()].filter((from, i) => i === 0 || from !== axis);
    const moved = (shape: readonly number[]): TensorType =>
      tensorType(
        type.dtype,
        forwards.map((from) => shape[from] ?? 1),
      );
    const rows = parts.map((part) =>
      this.emit('transpose', [part], { permutation: forwards }, moved(this.at(part).type.shape)),
    );
    const joined = this.emit('concat', rows, { axis: 0 }, moved(type.shape));
    const backwards = type.shape.map((_, to) => forwards.indexOf(to));
    return this.emit('transpose', [joined], { permutation: backwards }, type);
  }

  #reshape(input: number, type: TensorType): number | undefined {
    const node = this.at(input);
    if (node.type === type) return input;
    if (node.op === 'constant') return this.constant(this.constantValue(input) ?? 0, type);
    if (node.op === 'reshape') return this.emit('reshape', [node.inputs[0] ?? 0], { shape: type.shape }, type);
    return undefined;
  }

  #broadcast(input: number, type: TensorType): number | undefined {
    const node = this.at(input);
    if (node.type === type) return input;
    if (node.op === 'constant') return this.constant(this.constantValue(input) ?? 0, type);
    if (node.op === 'broadcast') return this.emit('broadcast', [node.inputs[0] ?? 0], { shape: type.shape }, type);
    return undefined;
  }

  #transpose(input: number, permutation: readonly number[], type: TensorType): number | undefined {
    const node = this.at(input);
    if (node.op === 'constant') return this.constant(this.constantValue(input) ?? 0, type);
    if (permutation.every((axis, i) => axis === i)) return input;
    const inner = attributesOf(node, 'transpose');
    if (inner !== undefined) {
      return this.emit(
        'transpose',
        node.inputs,
        { permutation: permutation.map((axis) => inner.permutation[axis] ?? 0) },
        type,
      );
    }
    // Axes of extent 1 may move freely: a transpose of nothing else is a reshape.
    const order = permutation.filter((axis) => node.type.shape[axis] !== 1);
    if (order.every((axis, i) => i === 0 || axis > (order[i - 1] ?? -1)))
      return this.emit('reshape', [input], { shape: type.shape }, type);
    return undefined;
  }

  /** (a · b)ᵀ = bᵀ · aᵀ: the transposes of the operands are index arithmetic, that of the product would be a kernel. */
  transposedDot(product: number, permutation: readonly number[], type: TensorType): number {
    const node = this.at(product);
    const rank = permutation.length;
    const swapsLast = permutation.every(
      (axis, i) => axis === (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i),
    );
    if (node.op !== 'dot' || !swapsLast || this.#without.has('simplification'))
      return this.emit('transpose', [product], { permutation }, type);
    const [right = 0, left = 0] = node.inputs.map((operand) => {
      const { dtype, shape } = this.at(operand).type;
      return this.emit(
        'transpose',
        [operand],
        { permutation },
        tensorType(
          dtype,
          permutation.map((axis) => shape[axis] ?? 1),
        ),
      );
    });
    return this.emit('dot', [left, right], {}, type);
  }

  /** Windows that do not overlap only rearrange elements: [..., O, K] → [..., O·K], zeros behind. */
  #fold(input: number, { kernel, stride, dilation, size }: Attributes['fold'], type: TensorType): number | undefined {
    if (!kernel.every((k, axis) => k === stride[axis] && (dilation[axis] === 1 || k === 1))) return undefined;
    const { dtype, shape } = this.at(input).type;
    const axes = kernel.length;
    const outer = shape.length - 2 * axes;
    const permutation = [
      ...Array.from({ length: outer }, (_, axis) => axis),
      ...kernel.flatMap((_, axis) => [outer + axis, outer + axes + axis]),
    ];
    const moved = this.emit(
      'transpose',
      [input],
      { permutation },
      tensorType(
        dtype,
        permutation.map((axis) => shape[axis] ?? 1),
      ),
    );
    const covered = [...shape.slice(0, outer), ...kernel.map((k, axis) => k * (shape[outer + axis] ?? 0))];
    const joined = this.emit('reshape', [moved], { shape: covered }, tensorType(dtype, covered));
    if (sameShape(covered, type.shape)) return joined;
    const zeros = type.shape.map(() => 0);
    const high = type.shape.map((n, axis) => (axis < outer ? 0 : (size[axis - outer] ?? 0) - (covered[axis] ?? 0)));
    if (high.some((n) => n < 0)) return undefined;
    return this.emit('pad', [joined], { low: zeros, high, interior: zeros, value: 0 }, type);
  }

  #reduction(
    op: 'sum' | 'prod' | 'max' | 'min',
    input: number,
    axes: readonly number[],
    type: TensorType,
  ): number | undefined {
    const source = this.at(input).type;
    const count = sizeOf(axes.map((axis) => source.shape[axis] ?? 1));
    const value = this.constantValue(input);
    if (value !== undefined) {
      if (op === 'max' || op === 'min' || (op === 'prod' && value === 1)) return this.constant(value, type);
      if (op === 'sum') return this.constant(type.dtype === 'int32' ? Math.imul(value, count) : value * count, type);
    }
    if (count === 0 && (op === 'sum' || op === 'prod')) return this.constant(op === 'sum' ? 0 : 1, type);
    const real = axes.filter((axis) => source.shape[axis] !== 1);
    if (real.length === axes.length) return undefined;
    if (real.length === 0) return this.emit('reshape', [input], { shape: type.shape }, type);
    const partial = tensorType(
      source.dtype,
      source.shape.filter((_, axis) => !real.includes(axis)),
    );
    return this.emit('reshape', [this.emit(op, [input], { axes: real }, partial)], { shape: type.shape }, type);
  }
}

/** Number of uses of each node, outputs included. */
function countUses(program: Program): number[] {
  const uses = program.nodes.map(() => 0);
  for (const { inputs } of program.nodes) for (const input of inputs) uses[input] = (uses[input] ?? 0) + 1;
  for (const { node } of program.outputs) uses[node] = (uses[node] ?? 0) + 1;
  return uses;
}

/** An equivalent program; parameters, scalars and outputs keep their order. */
export function simplify(program: Program, without: Without): Program {
  const simplifier = new Simplifier(without);
  const fixed = new Set([...program.parameters, ...program.scalars]);
  const uses = countUses(program);
  const mapping = program.nodes.map(() => -1);
  program.nodes.forEach((node, index) => {
    const inputs = node.inputs.map((input) => mapping[input] ?? -1);
    const [input = -1] = node.inputs;
    simplifier.origin = node.origin;
    if (fixed.has(index)) mapping[index] = simplifier.unique(node);
    else if (node.op === 'transpose' && program.nodes[input]?.op === 'dot' && uses[input] === 1) {
      mapping[index] = simplifier.transposedDot(
        inputs[0] ?? -1,
        (node.attributes as Attributes['transpose']).permutation,
        node.type,
      );
    } else mapping[index] = simplifier.emit(node.op, inputs, node.attributes, node.type);
  });
  const at = (index: number): number => mapping[index] ?? -1;
  return {
    nodes: simplifier.nodes,
    parameters: program.parameters.map(at),
    scalars: program.scalars.map(at),
    outputs: program.outputs.map(({ node, parameter }) => ({ node: at(node), parameter })),
  };
}
