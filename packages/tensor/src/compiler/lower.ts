/**
 * Third pass of the compiler: a group of nodes becomes a kernel. Views turn into index arithmetic on the way down from the stored nodes
 * to the buffers that they are computed from; padding turns into guards.
 */
import { unaryPrimitives } from '../graph/elementwise.ts';
import { isFormula } from '../graph/formulas.ts';
import type { Attributes } from '../graph/primitives.ts';
import type { Program, ProgramNode } from '../graph/program.ts';
import { formatType, stridesOf, type DType } from '../graph/types.ts';
import { isJoin, rangeOf } from './copies.ts';
import { axesOf, positionOf } from './expressions.ts';
import { expandFormula } from './formulas.ts';
import type { Group } from './groups.ts';
import {
  addIndex,
  axisIndex,
  constantIndex,
  divideIndex,
  indexKey,
  makeAxis,
  remainderIndex,
  scaleIndex,
  type Axis,
  type Index,
} from './index-expression.ts';
import type {
  BinaryOperator,
  Condition,
  CopyKernel,
  Expression,
  Kernel,
  Operand,
  Piece,
  Reducer,
  ScalarType,
  Store,
  UnaryOperator,
} from './kernel.ts';

/** Where nodes lie in memory, and which scalar is which. */
export interface Placement {
  /** The buffer that holds a node's value, for reading. */
  readonly bufferOf: (node: number) => number | undefined;
  /** The buffers that a kernel writes a node's value to. */
  readonly destinationsOf: (node: number) => readonly number[];
  readonly scalarSlot: (node: number) => number;
}

export function scalarTypeOf(dtype: DType): ScalarType {
  return dtype === 'float32' ? 'f32' : dtype === 'int32' ? 'i32' : 'bool';
}

/** Row-major position of an index. */
export function flatten(index: readonly Index[], shape: readonly number[]): Index {
  const strides = stridesOf(shape);
  let flat = constantIndex(0);
  index.forEach((part, axis) => (flat = addIndex(flat, scaleIndex(part, strides[axis] ?? 1))));
  return flat;
}

/** Row-major position over the axes. */
function rowMajor(axes: readonly Axis[]): Index {
  return flatten(
    axes.map(axisIndex),
    axes.map(({ extent }) => extent),
  );
}

/** The index at a row-major position. */
function unflatten(flat: Index, shape: readonly number[]): Index[] {
  const index = new Array<Index>(shape.length);
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] ?? 1;
    index[axis] = axis === 0 ? rest : remainderIndex(rest, extent);
    rest = divideIndex(rest, extent);
  }
  return index;
}

const unaryOperators: ReadonlySet<string> = new Set(Object.keys(unaryPrimitives));

function constant(value: number): Expression {
  return { kind: 'constant', type: 'i32', value };
}

function integer(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: 'binary', type: 'i32', operator, left, right };
}

/** `conditions` without those that always hold. */
function restrict(conditions: readonly Condition[]): Condition[] {
  return conditions.filter(({ index, lower, upper }) => index.min < lower || index.max >= upper);
}

/** Where a node is read, and under which guards. */
interface Position {
  readonly index: readonly Index[];
  readonly guards: readonly Condition[];
}

/** One step down through a view: where its input is read, and which conditions select the input at all. */
function throughView(
  node: ProgramNode,
  input: ProgramNode,
  { index, guards }: Position,
): Position & { readonly conditions: readonly Condition[] } {
  const moved = (
    next: readonly Index[],
    conditions: readonly Condition[] = [],
  ): Position & { conditions: readonly Condition[] } => ({
    index: next,
    guards: conditions.length === 0 ? guards : [...guards, ...conditions],
    conditions,
  });
  const at = (axis: number): Index => index[axis] ?? constantIndex(0);
  switch (node.op) {
    case 'reshape':
      return moved(unflatten(flatten(index, node.type.shape), input.type.shape));
    case 'transpose': {
      const { permutation } = node.attributes as Attributes['transpose'];
      const next = new Array<Index>(permutation.length);
      permutation.forEach((axis, i) => (next[axis] = at(i)));
      return moved(next);
    }
    case 'broadcast': {
      const shift = node.type.shape.length - input.type.shape.length;
      return moved(input.type.shape.map((extent, axis) => (extent === 1 ? constantIndex(0) : at(axis + shift))));
    }
    case 'slice': {
      const { starts, steps } = node.attributes as Attributes['slice'];
      return moved(
        index.map((part, axis) => addIndex(scaleIndex(part, steps[axis] ?? 1), constantIndex(starts[axis] ?? 0))),
      );
    }
    case 'flip': {
      const { axes } = node.attributes as Attributes['flip'];
      return moved(
        index.map((part, axis) =>
          axes.includes(axis) ? addIndex(constantIndex((node.type.shape[axis] ?? 1) - 1), scaleIndex(part, -1)) : part,
        ),
      );
    }
    case 'pad': {
      const { low, interior } = node.attributes as Attributes['pad'];
      const conditions: Condition[] = [];
      const next = index.map((part, axis) => {
        const shifted = addIndex(part, constantIndex(-(low[axis] ?? 0)));
        const gap = (interior[axis] ?? 0) + 1;
        if (gap > 1) conditions.push({ index: remainderIndex(shifted, gap), lower: 0, upper: 1 });
        const source = divideIndex(shifted, gap);
        conditions.push({ index: source, lower: 0, upper: input.type.shape[axis] ?? 1 });
        return source;
      });
      return moved(next, restrict(conditions));
    }
    case 'unfold': {
      const { kernel, stride, dilation } = node.attributes as Attributes['unfold'];
      const axes = kernel.length;
      const outer = index.length - 2 * axes;
      return moved([
        ...index.slice(0, outer),
        ...kernel.map((_, axis) =>
          addIndex(
            scaleIndex(at(outer + axis), stride[axis] ?? 1),
            scaleIndex(at(outer + axes + axis), dilation[axis] ?? 1),
          ),
        ),
      ]);
    }
    default:
      throw new Error(`internal: ${node.op} is not a view of one input`);
  }
}

/** Which window and whether a window holds the element: the position of a window axis from an input axis and a kernel axis. */
function windowPosition(
  position: Index,
  kernel: Index,
  stride: number,
  dilation: number,
  low: number,
  count: number,
): { index: Index; conditions: Condition[] } {
  const shifted = addIndex(addIndex(position, constantIndex(low)), scaleIndex(kernel, -dilation));
  const index = divideIndex(shifted, stride);
  const conditions: Condition[] = [{ index, lower: 0, upper: count }];
  if (stride > 1) conditions.unshift({ index: remainderIndex(shifted, stride), lower: 0, upper: 1 });
  return { index, conditions: restrict(conditions) };
}

class GroupLowering {
  readonly #program: Program;
  readonly #group: Group;
  readonly #placement: Placement;
  readonly #memo = new Map<string, Expression>();
  readonly #clamps = new Map<Expression, Map<number, Expression>>();
  readonly #here: ReadonlySet<number>;

  constructor(program: Program, group: Group, placement: Placement) {
    this.#program = program;
    this.#group = group;
    this.#placement = placement;
    this.#here = new Set(group.stored);
  }

  #node(index: number): ProgramNode {
    const node = this.#program.nodes[index];
    if (node === undefined) throw new Error(`internal: node ${index} does not exist`);
    return node;
  }

  /** The node's value at a position. */
  value(node: number, position: Position): Expression {
    const key = `${node}@${position.index.map(indexKey).join(';')}?${position.guards.map((g) => `${indexKey(g.index)}<${g.lower}<${g.upper}`).join('&')}`;
    let expression = this.#memo.get(key);
    if (expression === undefined) {
      expression = this.#evaluate(node, position);
      this.#memo.set(key, expression);
    }
    return expression;
  }

  #evaluate(index: number, position: Position): Expression {
    const node = this.#node(index);
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
        return {
          kind: 'random',
          type: 'f32',
          index: flatten(position.index, node.type.shape),
          seed: this.value(node.inputs[0] ?? 0, scalarPosition),
          counter: this.value(node.inputs[1] ?? 0, scalarPosition),
        };
      }
      case 'cast':
        return { kind: 'cast', type, operand: operand(0) };
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
        const below = throughView(node, this.#node(input), position);
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
      const extent = this.#node(input).type.shape[axis] ?? 0;
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
    const last = (this.#node(x).type.shape[axis] ?? 1) - 1;
    const raw = this.value(index, position);
    const at = (along: Index): Expression =>
      this.value(x, { index: position.index.map((part, i) => (i === axis ? along : part)), guards: position.guards });
    if (raw.kind === 'index' && raw.index.min >= 0 && raw.index.max <= last) return at(raw.index);
    const clamped = this.#clamp(raw, last);
    return {
      kind: 'select',
      type,
      condition: { kind: 'binary', type: 'bool', operator: 'equal', left: raw, right: clamped },
      ifTrue: at(positionOf(clamped, 0, last)),
      ifFalse: { kind: 'constant', type, value: outside },
    };
  }

  /** The nearest of 0 … last; one expression for each, so that what is read with one index shares its position. */
  #clamp(raw: Expression, last: number): Expression {
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
      if (buffer !== undefined) return { buffer, index: flatten(index, this.#node(current).type.shape), guards };
      const input = this.#node(current).inputs[0] ?? 0;
      ({ index, guards } = throughView(this.#node(current), this.#node(input), { index, guards }));
      current = input;
    }
  }

  /** Stores of all nodes of the group, where the anchor (or the first stored node) stands at `index` of `shape`. */
  #stores(index: readonly Index[], shape: readonly number[]): Store[] {
    const flat = flatten(index, shape);
    return this.#group.stored.flatMap((node) => {
      const own = this.#node(node).type.shape;
      const value = this.value(node, { index: unflatten(flat, own), guards: [] });
      return this.#placement.destinationsOf(node).map((buffer): Store => ({ buffer, index: flat, value }));
    });
  }

  /** A concatenation of many parts: every part is a range of memory, and goes to a range of the result. */
  #join(index: number): CopyKernel {
    const node = this.#node(index);
    const pieces = this.#placement.destinationsOf(index).flatMap((to) => {
      let toIndex = 0;
      return node.inputs.map((input): Piece => {
        const { size } = this.#node(input).type;
        const { base, offset } = rangeOf(this.#program, input, (i) => this.#placement.bufferOf(i) !== undefined);
        const from = this.#placement.bufferOf(base);
        if (from === undefined) throw new Error(`internal: part ${input} of a concatenation is not in memory`);
        toIndex += size;
        return { from, fromIndex: offset, to, toIndex: toIndex - size, size };
      });
    });
    return { kind: 'copy', name: `concat ${formatType(node.type)}`, pieces };
  }

  kernel(): Kernel | CopyKernel {
    const { anchors, stored } = this.#group;
    const [anchor] = anchors;
    const [only = -1] = stored;
    if (anchor === undefined && isJoin(this.#program, only)) return this.#join(only);
    const last = this.#node(stored[stored.length - 1] ?? 0);
    if (anchor === undefined) {
      const first = this.#node(stored[0] ?? 0);
      const axes = first.type.shape.map(makeAxis);
      return {
        kind: 'map',
        name: `${last.op} ${formatType(last.type)}`,
        axes: real(axes),
        stores: this.#stores(axes.map(axisIndex), first.type.shape),
      };
    }
    const node = this.#node(anchor);
    const parts = [...new Set([...anchors.map((index) => this.#node(index).op), last.op])];
    const name = `${parts.join(' + ')} ${formatType(last.type)}`;
    switch (node.op) {
      case 'sum':
      case 'prod':
      case 'max':
      case 'min':
      case 'argmax':
      case 'fold':
        return this.#reduction(node, name);
      case 'scatter':
        return this.#scatter(node, name);
      case 'cumulative':
        return this.#cumulative(node, name);
      case 'argSort':
        return this.#sort(node, name);
      case 'dot':
        return this.#dot(node, name);
      case 'conv':
      case 'convInputGradient':
      case 'convWeightGradient':
        return this.#convolution(node, name);
      default:
        throw new Error(`internal: ${node.op} does not anchor a kernel`);
    }
  }

  #reduction(node: ProgramNode, name: string): Kernel {
    const input = node.inputs[0] ?? 0;
    const { shape } = this.#node(input).type;
    const outputAxes = node.type.shape.map(makeAxis);
    const output = outputAxes.map(axisIndex);
    if (node.op === 'fold') {
      const { kernel, stride, dilation } = node.attributes as Attributes['fold'];
      const count = kernel.length;
      const outer = node.type.shape.length - count;
      const kernelAxes = kernel.map(makeAxis);
      const windows = kernel.map((_, axis) =>
        windowPosition(
          output[outer + axis] as Index,
          axisIndex(kernelAxes[axis] as Axis),
          stride[axis] ?? 1,
          dilation[axis] ?? 1,
          0,
          shape[outer + axis] ?? 1,
        ),
      );
      const conditions = windows.flatMap((window) => window.conditions);
      const index = [...output.slice(0, outer), ...windows.map((window) => window.index), ...kernelAxes.map(axisIndex)];
      const inner = this.value(input, { index, guards: conditions });
      const type = scalarTypeOf(node.type.dtype);
      const value: Expression =
        conditions.length === 0
          ? inner
          : {
              kind: 'select',
              type,
              condition: { kind: 'inside', type: 'bool', conditions },
              ifTrue: inner,
              ifFalse: { kind: 'constant', type, value: 0 },
            };
      return {
        kind: 'reduce',
        name,
        axes: real(outputAxes),
        reduceAxes: real(kernelAxes),
        reducers: [{ operator: 'sum', value }],
        stores: this.#stores(output, node.type.shape),
      };
    }
    const reduced =
      node.op === 'argmax'
        ? [(node.attributes as Attributes['argmax']).axis]
        : (node.attributes as Attributes['sum']).axes;
    const reduceAxes: Axis[] = [];
    let next = 0;
    const index = shape.map((extent, axis) => {
      if (!reduced.includes(axis)) return output[next++] as Index;
      const reduceAxis = makeAxis(extent);
      reduceAxes.push(reduceAxis);
      return axisIndex(reduceAxis);
    });
    const reducers = this.#group.anchors.map((anchor): Reducer => {
      const { op, inputs } = this.#node(anchor);
      return { operator: op as Reducer['operator'], value: this.value(inputs[0] ?? 0, { index, guards: [] }) };
    });
    return {
      kind: 'reduce',
      name,
      axes: real(outputAxes),
      reduceAxes: real(reduceAxes),
      reducers,
      stores: this.#stores(output, node.type.shape),
    };
  }

  #scatter(node: ProgramNode, name: string): Kernel {
    const [base = 0, index = 0, updates = 0] = node.inputs;
    const { axis, combine } = node.attributes as Attributes['scatter'];
    const { shape } = node.type;
    const target = makeAxis(shape[axis] ?? 1);
    const source = makeAxis(this.#node(index).type.shape[axis] ?? 1);
    const others = shape.map((extent, i) => (i === axis ? target : makeAxis(extent)));
    const along = (own: Axis): Index[] => others.map((other) => axisIndex(other === target ? own : other));
    const members: Position = { index: along(source), guards: [] };
    const position = this.value(index, members);
    const known = axesOf(position);
    const outer = real(others.slice(0, axis)).filter((other) => known.has(other));
    const inner = real(others.slice(axis + 1)).filter((other) => known.has(other));
    const start = rowMajor(inner);
    const stride = inner.reduce((product, { extent }) => product * extent, 1);
    const clamped = this.#clamp(position, target.extent - 1);
    return {
      kind: 'scatter',
      name,
      combine,
      outer,
      target,
      inner,
      source,
      row: real(others).filter((other) => other !== target && !known.has(other)),
      destination: {
        kind: 'select',
        type: 'i32',
        condition: { kind: 'binary', type: 'bool', operator: 'equal', left: position, right: clamped },
        ifTrue: integer('add', integer('mul', clamped, constant(stride)), { kind: 'index', type: 'i32', index: start }),
        ifFalse: constant(-1),
      },
      update: this.value(updates, members),
      base: this.value(base, { index: along(target), guards: [] }),
      stores: this.#stores(along(target), shape),
    };
  }

  #cumulative(node: ProgramNode, name: string): Kernel {
    const { axis: along, operator, reverse } = node.attributes as Attributes['cumulative'];
    const { shape } = node.type;
    const axes = shape.map(makeAxis);
    const axis = axes[along] ?? makeAxis(1);
    const index = axes.map((other) =>
      other === axis && reverse
        ? addIndex(constantIndex(axis.extent - 1), scaleIndex(axisIndex(axis), -1))
        : axisIndex(other),
    );
    return {
      kind: 'cumulative',
      name,
      operator,
      outer: real(axes.slice(0, along)),
      axis,
      inner: real(axes.slice(along + 1)),
      value: this.value(node.inputs[0] ?? 0, { index, guards: [] }),
      stores: this.#stores(index, shape),
    };
  }

  #sort(node: ProgramNode, name: string): Kernel {
    const { axis: along, descending } = node.attributes as Attributes['argSort'];
    const { shape } = node.type;
    const axes = shape.map(makeAxis);
    const index = axes.map(axisIndex);
    const key = sortKey(this.value(node.inputs[0] ?? 0, { index, guards: [] }));
    return {
      kind: 'sort',
      name,
      outer: real(axes.slice(0, along)),
      axis: axes[along] ?? makeAxis(1),
      inner: real(axes.slice(along + 1)),
      key: descending ? integer('xor', key, constant(-1)) : key,
      stores: this.#stores(index, shape),
    };
  }

  #dot(node: ProgramNode, name: string): Kernel {
    const [left = 0, right = 0] = node.inputs;
    const { shape } = node.type;
    const batch = shape.slice(0, -2).map(makeAxis);
    const m = makeAxis(shape[shape.length - 2] ?? 1);
    const n = makeAxis(shape[shape.length - 1] ?? 1);
    const k = makeAxis(this.#node(left).type.shape[shape.length - 1] ?? 1);
    const outer = batch.map(axisIndex);
    return {
      kind: 'contraction',
      name,
      batch: real(batch),
      m: real([m]),
      n: real([n]),
      k: real([k]),
      left: this.operand(left, { index: [...outer, axisIndex(m), axisIndex(k)], guards: [] }),
      right: this.operand(right, { index: [...outer, axisIndex(k), axisIndex(n)], guards: [] }),
      stores: this.#stores([...outer, axisIndex(m), axisIndex(n)], shape),
    };
  }

  /** The three convolutions as implicit matrix products. In all of them the weight or the output's gradient is on the left. */
  #convolution(node: ProgramNode, name: string): Kernel {
    const [first = 0, second = 0] = node.inputs;
    const attributes = node.attributes as Attributes['conv'];
    const { stride, dilation, paddingLow, groups } = attributes;
    const image = node.op === 'convInputGradient' ? node.type.shape : this.#node(first).type.shape;
    const features =
      node.op === 'conv' ? node.type.shape : this.#node(node.op === 'convInputGradient' ? first : second).type.shape;
    const weight = node.op === 'convWeightGradient' ? node.type.shape : this.#node(second).type.shape;
    const batch = makeAxis(image[0] ?? 1);
    const group = makeAxis(groups);
    const outputs = makeAxis((weight[0] ?? 1) / groups);
    const channels = makeAxis(weight[1] ?? 1);
    const kernel = weight.slice(2).map(makeAxis);
    const output = axisIndex(outputs);
    const channel = axisIndex(channels);
    const groupIndex = axisIndex(group);
    const outputChannel = addIndex(scaleIndex(groupIndex, outputs.extent), output);
    const inputChannel = addIndex(scaleIndex(groupIndex, channels.extent), channel);
    const kernelIndex = kernel.map(axisIndex);
    const plain = (index: readonly Index[]): Position => ({ index, guards: [] });
    const weightAt = plain([outputChannel, channel, ...kernelIndex]);

    if (node.op === 'convInputGradient') {
      const positions = image.slice(2).map(makeAxis);
      const windows = positions.map((axis, i) =>
        windowPosition(
          axisIndex(axis),
          kernelIndex[i] as Index,
          stride[i] ?? 1,
          dilation[i] ?? 1,
          paddingLow[i] ?? 0,
          features[i + 2] ?? 1,
        ),
      );
      return {
        kind: 'contraction',
        name,
        batch: real([batch, group]),
        m: real([channels]),
        n: real(positions),
        k: real([outputs, ...kernel]),
        left: this.operand(second, weightAt),
        right: this.operand(first, {
          index: [axisIndex(batch), outputChannel, ...windows.map((window) => window.index)],
          guards: windows.flatMap((window) => window.conditions),
        }),
        stores: this.#stores([axisIndex(batch), inputChannel, ...positions.map(axisIndex)], node.type.shape),
      };
    }
    const positions = features.slice(2).map(makeAxis);
    const pixels = positions.map((axis, i) =>
      addIndex(
        addIndex(scaleIndex(axisIndex(axis), stride[i] ?? 1), scaleIndex(kernelIndex[i] as Index, dilation[i] ?? 1)),
        constantIndex(-(paddingLow[i] ?? 0)),
      ),
    );
    const imageAt: Position = {
      index: [axisIndex(batch), inputChannel, ...pixels],
      guards: restrict(pixels.map((index, i) => ({ index, lower: 0, upper: image[i + 2] ?? 1 }))),
    };
    const featureIndex = [axisIndex(batch), outputChannel, ...positions.map(axisIndex)];
    if (node.op === 'conv') {
      return {
        kind: 'contraction',
        name,
        batch: real([batch, group]),
        m: real([outputs]),
        n: real(positions),
        k: real([channels, ...kernel]),
        left: this.operand(second, weightAt),
        right: this.operand(first, imageAt),
        stores: this.#stores(featureIndex, node.type.shape),
      };
    }
    return {
      kind: 'contraction',
      name,
      batch: real([group]),
      m: real([outputs]),
      n: real([channels, ...kernel]),
      k: real([batch, ...positions]),
      left: this.operand(second, plain(featureIndex)),
      right: this.operand(first, imageAt),
      stores: this.#stores([outputChannel, channel, ...kernelIndex], node.type.shape),
    };
  }
}

/** An i32 for each value, in the same order: −0 as 0, NaN above all numbers. */
function sortKey(value: Expression): Expression {
  if (value.type === 'i32') return value;
  if (value.type === 'bool') return { kind: 'cast', type: 'i32', operand: value };
  const bits: Expression = { kind: 'bitcast', type: 'i32', operand: value };
  const magnitude = integer('and', bits, constant(0x7fffffff));
  const less = (left: Expression, right: Expression): Expression => ({
    kind: 'binary',
    type: 'bool',
    operator: 'less',
    left,
    right,
  });
  const select = (condition: Expression, ifTrue: Expression, ifFalse: Expression): Expression => ({
    kind: 'select',
    type: 'i32',
    condition,
    ifTrue,
    ifFalse,
  });
  const negative = integer('sub', constant(0), magnitude);
  const number = select(less(bits, constant(0)), negative, bits);
  return select(less(constant(0x7f800000), magnitude), constant(0x7fffffff), number);
}

/** Axes that run at all. */
function real(axes: readonly Axis[]): Axis[] {
  return axes.filter((axis) => axis.extent !== 1);
}

export function lowerGroup(program: Program, group: Group, placement: Placement): Kernel | CopyKernel {
  return new GroupLowering(program, group, placement).kernel();
}
