/**
 * Products of which one operand is read at windows that overlap: a convolution with steps of one. Packing (contraction.ts) copies an image once for each tap, which pays where many
 * filters use the copy; with 8 of them it takes longer than the products. Here a task's part of the image is copied once, with its padding, or read where it lies if there is none. Along
 * a line of results neighbours then read neighbours, at every tap: a panel of columns is the line itself, moved by an offset for each term of the sum.
 *
 * Each element is the same sum in the same order as that of packed operands.
 */
import {
  addIndex,
  axisIndex,
  collectAxes,
  constantIndex,
  isLinear,
  makeAxis,
  scaleIndex,
  strideAlong,
  sumIndex,
  type Axis,
  type Index,
} from '../compiler/index-expression.ts';
import type { Condition, ContractionKernel, PlanBuffer } from '../compiler/kernel.ts';
import { substituteIndex } from '../compiler/rewriter.ts';
import { isAlways, isNear, type AxisValues, type KernelContext } from './address.ts';
import { blockAxes, locateBlock, product, separate, splitIndex, tabulate, type BlockedAxes, type BlockPosition } from './blocks.ts'; // prettier-ignore
import { leastProducts, usualTasks } from './contraction-shared.ts';
import { buildEpilogue, ceil, exchanged, locateBlocks, packingOf, paddedRow, type ContractionSchedule, type Cut } from './contraction.ts'; // prettier-ignore
import type { Tile } from './gemm.ts';
import type { Value, WasmFunction } from './ir.ts';
import { emitLoops, type NestLoop } from './nest.ts';
import { op } from './opcodes.ts';
import { findingTerms, packedCost, storing, type TimedTile } from './tiles.ts';

/** Columns of a task, fewer where there would not be tasks enough: by shape alone. */
const columnLimits = [512, 256, 128];
/** Bytes of weights, which a task packs whole and goes through for a few columns at a time (each is used twice as often in wide tiles), and of a task's part of the image. */
const mostWeightBytes = ({ columns }: Tile): number => (columns === 16 ? 160 : 40) * 2 ** 10;
const mostWindowBytes = 2 ** 20;
/** What may be read or written beyond the end of a line. */
const slackElements = 16;

/** Positions that the window and the taps reach together along one way, each guarded by one condition. */
interface Way {
  readonly condition: Condition;
  /** The condition's index without what is fixed in a block, whose value is `least` where `axis` is 0. */
  readonly side: Index;
  readonly k: Index;
  readonly fixed: Index;
  readonly least: number;
  readonly axis: Axis;
  /** Elements of the operand from one position to the next. */
  readonly stride: number;
}

/** A copy of what a task reads, with zeros where conditions do not hold: its lines one after the other. */
interface PaddedCopy {
  readonly source: Index;
  /** Where a line lies. */
  readonly place: Index;
  /** The axis along a line. */
  readonly along: Axis;
  /** The axes of lines: what no condition concerns, and the other ways. */
  readonly lines: readonly Axis[];
  readonly conditions: readonly Condition[];
  /** Elements of a line: zeros before `first` and from `last` on. */
  readonly first: number;
  readonly last: number;
  readonly lineElements: number;
  readonly bytes: number;
}

/** How the windows of a product lie. */
interface Windows {
  readonly kernel: ContractionKernel;
  readonly n: BlockedAxes;
  readonly k: BlockedAxes;
  /** The axis of n along which lines of results run. */
  readonly line: Axis;
  readonly copy: PaddedCopy | undefined;
  /** Where a line begins in the copy, or in the operand itself, and how far its terms are from there. */
  readonly begin: Index;
  readonly terms: Index;
}

/** Lines that are computed as one, with what lies between them. */
interface JoinedLines {
  readonly axis: Axis;
  /** Columns from one line to the next. */
  readonly stride: number;
}

export interface WindowProduct extends Cut, Windows {
  readonly kind: 'windows';
  readonly joined: JoinedLines | undefined;
}

/** The product as one that reads windows, where it is one and that is faster than packing. */
export function windowProduct(
  kernel: ContractionKernel,
  tiles: readonly TimedTile[],
  buffers: readonly PlanBuffer[],
): WindowProduct | undefined {
  const windows = windowsOf(kernel, buffers) ?? windowsOf(exchanged(kernel), buffers);
  if (windows === undefined) return undefined;
  const terms = product(kernel.k);
  const { m, n } = windows.kernel;
  const weightBytes = 4 * product(m) * terms;
  const fitting = tiles.filter((tile) => weightBytes <= mostWeightBytes(tile));
  const costs = fitting.flatMap((tile) =>
    [undefined, joinedIn(windows)].map((joined) => {
      const results = ceil(product(m), tile.rows) * product(n) * wasteOf(windows, tile, joined);
      return { tile, joined, cost: (results * (terms * findingTerms + storing)) / tile.speed };
    }),
  );
  const [best] = costs.sort((a, b) => a.cost - b.cost);
  if (best === undefined || best.cost >= packedCost(kernel, tiles)) return undefined;
  const tile: Tile = { rows: best.tile.rows, columns: best.tile.columns };
  return { kind: 'windows', ...windows, tile, m: blockAxes(m, ceil(product(m), tile.rows), tile.rows), joined: best.joined }; // prettier-ignore
}

/** Columns that are computed, for each that is a result. */
function wasteOf({ line }: Windows, { columns }: Tile, joined: JoinedLines | undefined): number {
  if (joined === undefined) return ceil(line.extent, columns) / line.extent;
  const { axis, stride } = joined;
  return ceil((axis.extent - 1) * stride + line.extent, columns) / (axis.extent * line.extent);
}

/** Lines of a block that follow one another as near as they can. */
function joinedIn({ n, line, begin }: Windows): JoinedLines | undefined {
  const axes = [n.local, ...n.inner];
  const axis = axes[axes.indexOf(line) - 1];
  const stride = axis === undefined ? undefined : strideAlong(begin, axis);
  return axis === undefined || stride === undefined || stride < line.extent ? undefined : { axis, stride };
}

function windowsOf(kernel: ContractionKernel, buffers: readonly PlanBuffer[]): Windows | undefined {
  const { left, right } = kernel;
  const [batch, rows, columns, terms] = [kernel.batch, kernel.m, kernel.n, kernel.k].map(product) as [number, number, number, number]; // prettier-ignore
  if (left.guards.some((guard) => !isAlways(guard))) return undefined;
  if (buffers[right.buffer]?.type !== 'f32' || !isNear({ buffers }, right.buffer, right.index, 64)) return undefined;
  const wanted = Math.min(usualTasks, Math.floor((batch * rows * columns * terms) / leastProducts));
  const lastExtent = kernel.n.at(-1)?.extent ?? 1;
  const cuts = columnLimits.map((limit) => blockAxes(kernel.n, limit, lastExtent > limit ? 16 : 1));
  const n = cuts.find(({ blocks }) => batch * blocks >= wanted) ?? cuts.at(-1);
  if (n === undefined) return undefined;
  const k = blockAxes(kernel.k, terms, 1);
  const line = n.inner.at(-1) ?? n.local;
  const sideAxes = [n.local, ...n.inner];
  const kAxes = [k.local, ...k.inner];
  const replacements = new Map<Axis, Index>([splitIndex(n), splitIndex(k)]);
  const parts = (index: Index) => separate(substituteIndex(index, replacements), new Set(sideAxes), new Set(kAxes));
  const index = parts(right.index);
  if (index === undefined || !isLinear(index.side) || !isLinear(index.k) || strideAlong(index.side, line) !== 1)
    return undefined;
  const guards = right.guards.filter((guard) => !isAlways(guard));
  const plain = { kernel, n, k, line };
  // Of what is read once only, as of a matrix, packing makes what lies together.
  const overlaps = (elements: number): boolean => 2 * elements <= n.capacity * k.capacity;
  if (guards.length === 0) {
    const span = index.side.max - index.side.min + index.k.max - index.k.min + 1;
    return overlaps(span) ? { ...plain, copy: undefined, begin: addIndex(index.uniform, index.side), terms: index.k } : undefined; // prettier-ignore
  }

  // Along each way the operand's index is a multiple of the condition's, so that both are known by the position.
  const ways: Way[] = [];
  const known = new Set<Axis>();
  for (const condition of guards) {
    const guard = parts(condition.index);
    if (guard === undefined || !isLinear(guard.side) || !isLinear(guard.k)) return undefined;
    const axes = new Set<Axis>();
    collectAxes(guard.side, axes);
    collectAxes(guard.k, axes);
    const [first] = axes;
    if (first === undefined || [...axes].some((axis) => known.has(axis))) return undefined;
    const stride = strideIn(index, first) / strideIn(guard, first);
    if (!Number.isInteger(stride)) return undefined;
    if ([...axes].some((axis) => strideIn(index, axis) !== stride * strideIn(guard, axis))) return undefined;
    for (const axis of axes) known.add(axis);
    const least = guard.side.min + guard.k.min;
    const extent = guard.side.max + guard.k.max - least + 1;
    ways.push({ condition, side: guard.side, k: guard.k, fixed: guard.uniform, least, axis: makeAxis(extent), stride });
  }
  const across = ways.find(({ side, fixed, stride }) => strideAlong(side, line) === 1 && stride === 1 && fixed.terms.length === 0); // prettier-ignore
  if (across === undefined || across.side.terms.length !== 1) return undefined;
  const others = ways.filter((way) => way !== across);
  const free = [...kAxes, ...sideAxes].filter((axis) => !known.has(axis) && axis.extent > 1);
  const lines = [...free, ...others.map(({ axis }) => axis)];
  const lineElements = across.axis.extent;
  const strides = new Map<Axis, number>([[across.axis, 1]]);
  let elements = lineElements;
  for (const axis of [...lines].reverse()) {
    strides.set(axis, elements);
    elements *= axis.extent;
  }
  const bytes = 4 * (elements + slackElements);
  if (bytes > mostWindowBytes || !overlaps(elements)) return undefined;
  const inCopy = (axes: readonly Axis[]): Index => weighted(axes, (axis) => strides.get(axis) ?? 0);
  const ofWays = (part: (way: Way) => Index): Index => sumIndex(ways.map((way) => scaleIndex(part(way), strides.get(way.axis) ?? 0))); // prettier-ignore
  // Position p of a way is at fixed + least + p.
  const place = ({ least, axis }: Way): Index => addIndex(constantIndex(least), axisIndex(axis));
  const [first, last] = [across.condition.lower, across.condition.upper].map((bound) =>
    Math.min(Math.max(bound - across.fixed.constant - across.least, 0), lineElements),
  ) as [number, number];
  const freeAxes = (axes: readonly Axis[]): readonly Axis[] => free.filter((axis) => axes.includes(axis));
  return {
    ...plain,
    copy: {
      source: sumIndex([
        index.uniform,
        weighted(free, (axis) => strideIn(index, axis)),
        ...ways.map((way) => scaleIndex(place(way), way.stride)),
      ]),
      place: inCopy(lines),
      along: across.axis,
      lines,
      conditions: others.map((way) => ({ ...way.condition, index: addIndex(way.fixed, place(way)) })),
      first,
      last,
      lineElements,
      bytes,
    },
    begin: sumIndex([inCopy(freeAxes(sideAxes)), ofWays(({ side, least }) => addIndex(side, constantIndex(-least)))]),
    terms: sumIndex([inCopy(freeAxes(kAxes)), ofWays((way) => way.k)]),
  };
}

function weighted(axes: readonly Axis[], weight: (axis: Axis) => number): Index {
  return sumIndex(axes.map((axis) => scaleIndex(axisIndex(axis), weight(axis))));
}

/** What an index whose parts are linear in the axis adds for each of its steps. */
function strideIn({ side, k }: { readonly side: Index; readonly k: Index }, axis: Axis): number {
  return (strideAlong(side, axis) ?? 0) + (strideAlong(k, axis) ?? 0);
}

/** Emits the task loop; see `emitContraction`. */
export function emitWindows(
  context: KernelContext,
  gemm: WasmFunction,
  cut: WindowProduct,
  begin: Value,
  end: Value,
  scratch: Value,
): ContractionSchedule {
  const { fb } = context;
  const { kernel, tile, m, n, k, line, copy, joined } = cut;
  // Scratch: the part of the image, packed weights, C with what tiles write beyond its last line.
  const leftBytes = ceil(m.capacity, tile.rows) * k.capacity * 4;
  const left = fb.add(scratch, copy?.bytes ?? 0);
  const result = fb.add(left, leftBytes);
  const { place, columns } = placesOf(cut);
  const rowElements = paddedRow(ceil(columns + tile.columns, 4));
  const packLeft = packingOf(context, cut, 'left');
  const epilogue = buildEpilogue(context, kernel, m, n, rowElements, place);
  const terms = context.bindings.table(fb, tabulate(cut.terms, k, 4));
  fb.note(
    `convolves m ${m.total} · n ${n.total} · k ${k.total}${kernel.batch.length > 0 ? `, batch ${product(kernel.batch)}` : ''}; blocks of ${n.capacity} in lines of ${line.extent}${joined === undefined ? '' : ` joined ${joined.stride} apart`}, ` +
      `${copy === undefined ? 'read where they lie' : `copied with padding as lines of ${copy.lineElements}`}; tiles of ${tile.rows}×${tile.columns}; A: ${packLeft.description}`,
  );
  fb.loop(begin, end, { role: 'grid', name: 'task' }, (task) => {
    const { columnBlock, mBlock, nBlock } = locateBlocks(context, kernel, m, n, task);
    const whole = locateBlock(context, nBlock.axes, k, fb.i32(0));
    fb.if(fb.op(op.i32Or, fb.op(op.i32Eqz, columnBlock), fb.op(op.i32Eq, task, begin)), () =>
      packLeft.emit(context, left, scratch, mBlock, whole, whole.axes),
    );
    if (copy !== undefined) emitCopy(context, cut, copy, nBlock, scratch);
    const loops: NestLoop[] = [{ axis: n.local, end: nBlock.count }, ...n.inner.map((axis) => ({ axis }))];
    emitLoops(
      context,
      nBlock.axes,
      loops.filter(({ axis }) => axis !== line && axis !== joined?.axis),
      (lines) => {
        const before = joined === undefined ? lines : lines.with(joined.axis, fb.i32(0));
        const at = before.with(line, fb.i32(0));
        const start =
          copy === undefined
            ? addressOf(at, cut)
            : fb.add(scratch, at.sum(fb.i32(4 * cut.begin.constant), cut.begin, 4));
        const corner = fb.add(result, fb.mul(at.value(place), 4));
        const countOf = (axis: Axis): Value => (axis === n.local ? nBlock.count : fb.i32(axis.extent));
        const further = joined === undefined ? 0 : fb.mul(fb.sub(countOf(joined.axis), 1), joined.stride);
        const width = fb.add(countOf(line), further);
        const stride = fb.i32(rowElements * 4);
        fb.call(gemm, left, start, corner, mBlock.points, width, fb.i32(k.total), stride, fb.i32(0), terms);
      },
    );
    epilogue.call(fb, result, nBlock.axes, mBlock.count, nBlock.count);
  });
  const grid = product(kernel.batch) * m.blocks * n.blocks;
  return { grid, scratchBytes: (copy?.bytes ?? 0) + leftBytes + ceil(m.capacity, tile.rows) * rowElements * 4 };

  function addressOf(at: AxisValues, { begin: index }: WindowProduct): Value {
    const { base, offset } = at.address(kernel.right.buffer, index);
    return fb.add(base, offset);
  }
}

/** Where a result lies in its row of a block, and how many columns a row has. */
function placesOf({ n, joined }: WindowProduct): { readonly place: Index; readonly columns: number } {
  let [place, columns] = [constantIndex(0), 1];
  for (const axis of [n.local, ...n.inner].reverse()) {
    if (axis === joined?.axis) columns = joined.stride;
    place = addIndex(place, scaleIndex(axisIndex(axis), columns));
    columns *= axis.extent;
  }
  return { place, columns };
}

/** Copies what a task reads: each line with zeros before and behind, or all zeros. Vectors run on into the next line, which comes after. */
function emitCopy(
  context: KernelContext,
  { kernel, n }: WindowProduct,
  { source, place, along, lines, conditions, first, last, lineElements }: PaddedCopy,
  { axes, count }: BlockPosition,
  scratch: Value,
): void {
  const { fb } = context;
  const loops = lines.map((axis): NestLoop => (axis === n.local ? { axis, end: count } : { axis }));
  const zero = fb.f32x4(0);
  const zeros = (to: Value, from: number, end: number): void => {
    for (let at = from; at < end; at += 4) fb.store(op.v128Store, { base: to, offset: 4 * at }, zero);
  };
  emitLoops(context, axes, loops, (at) => {
    const to = at.sum(scratch, place, 4);
    fb.if(
      at.holds(conditions),
      () => {
        zeros(to, 0, first);
        if (last > first) {
          const { base, offset } = at.with(along, fb.i32(first)).address(kernel.right.buffer, source);
          const target = fb.add(to, 4 * first);
          const bytes = 4 * ceil(last - first, 4);
          fb.loop(
            target,
            fb.add(target, bytes),
            { role: 'pack', name: 'at', step: 16, inductions: [{ begin: base, step: 16 }] },
            (address, [from = address]) => {
              // prettier-ignore
              fb.store(op.v128Store, { base: address, offset: 0 }, fb.load(op.v128Load, { base: from, offset }));
            },
          );
        }
        zeros(to, Math.max(first, last), lineElements);
      },
      () => zeros(to, 0, lineElements),
    );
  });
}
