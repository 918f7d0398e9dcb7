/** Third pass of the compiler: a group of nodes becomes a kernel, of the kind that its anchor says. */
import type { Attributes } from '../graph/attributes.ts';
import type { Program, ProgramNode } from '../graph/program.ts';
import { formatType } from '../graph/types.ts';
import { isJoin, rangeOf } from './copies.ts';
import { axesOf } from './expressions.ts';
import type { Group } from './groups.ts';
import { addIndex, axisIndex, constantIndex, makeAxis, scaleIndex, type Axis, type Index } from './index-expression.ts';
import type { CopyKernel, Expression, Kernel, Piece, Reducer, Store } from './kernel.ts';
import { constant, integer, NodeValues, scalarTypeOf, type Placement } from './values.ts';
import { flatten, restrict, unflatten, windowPosition, type Position } from './views.ts';

/** Row-major position over the axes. */
function rowMajor(axes: readonly Axis[]): Index {
  return flatten(
    axes.map(axisIndex),
    axes.map(({ extent }) => extent),
  );
}

class GroupLowering {
  readonly #program: Program;
  readonly #group: Group;
  readonly #placement: Placement;
  readonly #values: NodeValues;

  constructor(program: Program, group: Group, placement: Placement) {
    this.#program = program;
    this.#group = group;
    this.#placement = placement;
    this.#values = new NodeValues(program, group, placement);
  }

  #node(index: number): ProgramNode {
    return this.#values.node(index);
  }

  /** Stores of all nodes of the group, where the anchor (or the first stored node) stands at `index` of `shape`. */
  #stores(index: readonly Index[], shape: readonly number[]): Store[] {
    const flat = flatten(index, shape);
    return this.#group.stored.flatMap((node) => {
      const own = this.#node(node).type.shape;
      const value = this.#values.value(node, { index: unflatten(flat, own), guards: [] });
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
      const inner = this.#values.value(input, { index, guards: conditions });
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
      return { operator: op as Reducer['operator'], value: this.#values.value(inputs[0] ?? 0, { index, guards: [] }) };
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
    const position = this.#values.value(index, members);
    const known = axesOf(position);
    const outer = real(others.slice(0, axis)).filter((other) => known.has(other));
    const inner = real(others.slice(axis + 1)).filter((other) => known.has(other));
    const start = rowMajor(inner);
    const stride = inner.reduce((product, { extent }) => product * extent, 1);
    const clamped = this.#values.clamp(position, target.extent - 1);
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
      update: this.#values.value(updates, members),
      base: this.#values.value(base, { index: along(target), guards: [] }),
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
      value: this.#values.value(node.inputs[0] ?? 0, { index, guards: [] }),
      stores: this.#stores(index, shape),
    };
  }

  #sort(node: ProgramNode, name: string): Kernel {
    const { axis: along, descending } = node.attributes as Attributes['argSort'];
    const { shape } = node.type;
    const axes = shape.map(makeAxis);
    const index = axes.map(axisIndex);
    const key = sortKey(this.#values.value(node.inputs[0] ?? 0, { index, guards: [] }));
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
      left: this.#values.operand(left, { index: [...outer, axisIndex(m), axisIndex(k)], guards: [] }),
      right: this.#values.operand(right, { index: [...outer, axisIndex(k), axisIndex(n)], guards: [] }),
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
        left: this.#values.operand(second, weightAt),
        right: this.#values.operand(first, {
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
        left: this.#values.operand(second, weightAt),
        right: this.#values.operand(first, imageAt),
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
      left: this.#values.operand(second, plain(featureIndex)),
      right: this.#values.operand(first, imageAt),
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
