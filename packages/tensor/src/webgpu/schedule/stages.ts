/** Kernels rewritten as several: a contraction as a reduction, a reduction in two stages, a kernel parted from its epilogue. */
import {
  bytesOf,
  type ContractionKernel,
  type Expression,
  type Kernel,
  type MapKernel,
  type Operand,
  type PlanBuffer,
  type ReduceKernel,
  type Reducer,
  type ScalarType,
  type StorageType,
  type Store,
} from '../../compiler/kernel.ts';
import {
  addIndex,
  axisIndex,
  dependsOn,
  makeAxis,
  scaleIndex,
  type Axis,
  type Index,
} from '../../compiler/index-expression.ts';
import { Rewriter } from '../../compiler/rewriter.ts';
import { pointCount, rowMajorIndex } from './traverse.ts';

/** Adds a temporary of the backend's own to the plan's buffers and gives its position. */
export type AddTemporary = (type: StorageType, size: number) => number;

/** Temporaries of one kernel, behind the plan's arena; the next kernel may use the same bytes again. */
export class Scratch {
  readonly buffers: PlanBuffer[];
  /** Bytes of the arena with the largest scratch so far. */
  bytes: number;
  #start: number;
  #next: number;

  constructor(buffers: readonly PlanBuffer[], arenaBytes: number) {
    this.buffers = [...buffers];
    this.#start = Math.ceil(arenaBytes / 256) * 256;
    this.#next = this.#start;
    this.bytes = arenaBytes;
  }

  /** What {@link return} needs. */
  state(): { readonly buffers: readonly PlanBuffer[]; readonly start: number } {
    return { buffers: [...this.buffers], start: this.#start };
  }

  /** Forgets what has been added since. */
  return({ buffers, start }: { readonly buffers: readonly PlanBuffer[]; readonly start: number }): void {
    this.buffers.splice(0, this.buffers.length, ...buffers);
    this.#start = start;
    this.restart();
  }

  restart(): void {
    this.#next = this.#start;
  }

  /** Puts a temporary that lasts as long as the plan runs in the place of the buffer. */
  keep(position: number): void {
    const buffer = this.buffers[position];
    if (buffer === undefined) throw new Error(`the plan has no buffer ${position}`);
    this.restart();
    const temporary = this.buffers[this.add(buffer.type, buffer.size)];
    if (temporary !== undefined) this.buffers[position] = temporary;
    this.#start = this.#next;
  }

  readonly add: AddTemporary = (type, size) => {
    this.buffers.push({ kind: 'temporary', position: -1, offset: this.#next, type, size });
    this.#next += Math.ceil((size * bytesOf[type]) / 256) * 256;
    this.bytes = Math.max(this.bytes, this.#next);
    return this.buffers.length - 1;
  };
}

function operandValue({ buffer, index, guards }: Operand): Expression {
  const load: Expression = { kind: 'load', type: 'f32', buffer, index, guards };
  if (guards.length === 0) return load;
  return {
    kind: 'select',
    type: 'f32',
    condition: { kind: 'inside', type: 'bool', conditions: guards },
    ifTrue: load,
    ifFalse: { kind: 'constant', type: 'f32', value: 0 },
  };
}

/**
 * Batch axes that only one operand knows are rows of that operand: a convolution's weights are the same for every image, so that
 * all images together make one wide matrix product.
 */
export function foldBatch(kernel: ContractionKernel): ContractionKernel {
  const knows = ({ index, guards }: Operand, axis: Axis): boolean =>
    dependsOn(index, axis) || guards.some((guard) => dependsOn(guard.index, axis));
  const toN = kernel.batch.filter((axis) => !knows(kernel.left, axis));
  const toM = kernel.batch.filter((axis) => knows(kernel.left, axis) && !knows(kernel.right, axis));
  return {
    ...kernel,
    batch: kernel.batch.filter((axis) => !toN.includes(axis) && !toM.includes(axis)),
    m: [...toM, ...kernel.m],
    n: [...toN, ...kernel.n],
  };
}

/** Small and thin contractions are plain reductions of products. */
export function contractionAsReduction(kernel: ContractionKernel): ReduceKernel {
  const left = operandValue(kernel.left);
  const right = operandValue(kernel.right);
  const value: Expression = { kind: 'binary', type: 'f32', operator: 'mul', left, right };
  return {
    kind: 'reduce',
    name: kernel.name,
    axes: [...kernel.batch, ...kernel.m, ...kernel.n],
    reduceAxes: kernel.k,
    reducers: [{ operator: 'sum', value }],
    stores: kernel.stores,
  };
}

function resultType({ operator, value }: Reducer): ScalarType {
  return operator === 'argmax' ? 'i32' : value.type;
}

function identityOf({ operator, value: { type } }: Reducer): Expression {
  const lowest = type === 'f32' ? -Infinity : type === 'i32' ? -2147483648 : 0;
  const highest = type === 'f32' ? Infinity : type === 'i32' ? 2147483647 : 1;
  const values = { sum: 0, prod: 1, max: lowest, min: highest, argmax: lowest };
  return { kind: 'constant', type, value: values[operator] };
}

/** Cuts the longest reduced axis into parts, reduces each to a temporary, and those to the result. */
export function reduceInStages(kernel: ReduceKernel, wanted: number, add: AddTemporary): ReduceKernel[] | undefined {
  const longest = kernel.reduceAxes.reduce<Axis | undefined>(
    (best, axis) => (best === undefined || axis.extent > best.extent ? axis : best),
    undefined,
  );
  if (longest === undefined) return undefined;
  const length = Math.ceil(longest.extent / wanted);
  const parts = Math.ceil(longest.extent / length);
  if (parts < 2) return undefined;

  const part = makeAxis(parts);
  const within = makeAxis(length);
  const position = addIndex(scaleIndex(axisIndex(part), length), axisIndex(within));
  const rewriter = new Rewriter({ axes: new Map([[longest, position]]) });
  const points = pointCount(kernel.axes);
  const place = addIndex(scaleIndex(axisIndex(part), points), rowMajorIndex(kernel.axes));
  const exact = parts * length === longest.extent;
  const temporaries = kernel.reducers.map((reducer) => add(resultType(reducer), parts * points));
  const first: ReduceKernel = {
    kind: 'reduce',
    name: `${kernel.name}.parts`,
    axes: [part, ...kernel.axes],
    reduceAxes: kernel.reduceAxes.map((axis) => (axis === longest ? within : axis)),
    reducers: kernel.reducers.map((reducer) => {
      const value = rewriter.expression(reducer.value);
      if (exact) return { ...reducer, value };
      const condition: Expression = {
        kind: 'inside',
        type: 'bool',
        conditions: [{ index: position, lower: 0, upper: longest.extent }],
      };
      return {
        ...reducer,
        value: { kind: 'select', type: value.type, condition, ifTrue: value, ifFalse: identityOf(reducer) },
      };
    }),
    stores: kernel.reducers.map((reducer, i): Store => {
      const value: Expression = { kind: 'result', type: resultType(reducer), position: i };
      return { buffer: temporaries[i] ?? 0, index: place, value };
    }),
  };
  return [first, joinParts(kernel, part, kernel.reducers, temporaries, place)];
}

/** The second stage: reduces the parts in `temporaries` and ends with the kernel's own stores. */
function joinParts(
  kernel: ReduceKernel,
  part: Axis,
  reducers: readonly Reducer[],
  temporaries: readonly number[],
  place: Index,
): ReduceKernel {
  return {
    ...kernel,
    reduceAxes: [part],
    reducers: reducers.map((reducer, i): Reducer => {
      const value: Expression = {
        kind: 'load',
        type: resultType(reducer),
        buffer: temporaries[i] ?? 0,
        index: place,
        guards: [],
      };
      return { operator: reducer.operator, value };
    }),
  };
}

/** The second stage of a split contraction. */
export function joinSplit(kernel: ContractionKernel, parts: number, temporary: number): ReduceKernel {
  const reduction = contractionAsReduction(kernel);
  const part = makeAxis(parts);
  const place = addIndex(scaleIndex(axisIndex(part), pointCount(reduction.axes)), rowMajorIndex(reduction.axes));
  return joinParts(reduction, part, reduction.reducers, [temporary], place);
}

function resultAxes(kernel: Exclude<Kernel, MapKernel>): readonly Axis[] {
  switch (kernel.kind) {
    case 'reduce':
      return kernel.axes;
    case 'contraction':
      return [...kernel.batch, ...kernel.m, ...kernel.n];
    case 'scatter':
      return [...kernel.outer, kernel.target, ...kernel.inner, ...kernel.row];
    case 'cumulative':
    case 'sort':
      return [...kernel.outer, kernel.axis, ...kernel.inner];
  }
}

function resultTypes(kernel: Exclude<Kernel, MapKernel>): readonly ScalarType[] {
  if (kernel.kind === 'reduce') return kernel.reducers.map(resultType);
  if (kernel.kind === 'cumulative') return [kernel.value.type];
  if (kernel.kind === 'sort') return ['i32'];
  return kernel.kind === 'scatter' ? [kernel.update.type] : ['f32'];
}

/** Leaves the raw results in temporaries and moves the stores to a map of their own. */
export function detachEpilogue(kernel: Exclude<Kernel, MapKernel>, add: AddTemporary): [Kernel, MapKernel] {
  const axes = resultAxes(kernel);
  const types = resultTypes(kernel);
  const place = rowMajorIndex(axes);
  const temporaries = types.map((type) => add(type, pointCount(axes)));
  const loads = types.map((type, i): Expression => ({
    kind: 'load',
    type,
    buffer: temporaries[i] ?? 0,
    index: place,
    guards: [],
  }));
  const rewriter = new Rewriter({ results: loads });
  const stores = types.map((type, i): Store => {
    return { buffer: temporaries[i] ?? 0, index: place, value: { kind: 'result', type, position: i } };
  });
  const epilogue: MapKernel = {
    kind: 'map',
    name: `${kernel.name}.epilogue`,
    axes,
    stores: kernel.stores.map((store) => rewriter.store(store)),
  };
  return [{ ...kernel, stores }, epilogue];
}

/**
 * Groups of stores that may run one after the other: a store stays with those whose buffers it reads, since those
 * buffers must be read before they are written.
 */
export function independentStores(
  stores: readonly Store[],
  reads: (store: Store) => ReadonlySet<number>,
  identity: (buffer: number) => number,
): Store[][] {
  const groups: { stores: Store[]; reads: Set<number>; writes: Set<number> }[] = [];
  for (const store of stores) {
    const merged = { stores: [] as Store[], reads: new Set(reads(store)), writes: new Set([identity(store.buffer)]) };
    for (let i = groups.length - 1; i >= 0; i--) {
      const group = groups[i];
      if (group === undefined) continue;
      const linked =
        [...group.writes].some((buffer) => merged.reads.has(buffer) || merged.writes.has(buffer)) ||
        [...merged.writes].some((buffer) => group.reads.has(buffer));
      if (!linked) continue;
      groups.splice(i, 1);
      merged.stores.unshift(...group.stores);
      for (const buffer of group.reads) merged.reads.add(buffer);
      for (const buffer of group.writes) merged.writes.add(buffer);
    }
    merged.stores.push(store);
    groups.push(merged);
  }
  return groups.map((group) => group.stores);
}
