/**
 * Products over positions of which one operand is read at a few taps around each: the gradient of a convolution's weights, sums over the positions of all images for each filter, channel and
 * tap. Packing (contraction.ts) copies the image once for each tap. Here a task copies what some channels need for a block of positions once, channels next to one another; all taps
 * read that copy, each at as many positions from its begin as the tap is away, and add to results that stay in the cache.
 *
 * Each element is the same sum in the same order as that of packed operands.
 */
import {
  addIndex,
  axisIndex,
  constantIndex,
  greatestCommonDivisor,
  isLinear,
  makeAxis,
  scaleIndex,
  strideAlong,
  sumIndex,
  type Axis,
  type Index,
} from '../compiler/index-expression.ts';
import type { Condition, ContractionKernel, Operand, PlanBuffer } from '../compiler/kernel.ts';
import { substituteIndex } from '../compiler/rewriter.ts';
import { isAlways, isNear, type KernelContext } from './address.ts';
import {
  blockAxes,
  locateBlock,
  product,
  separate,
  splitIndex,
  tabulate,
  type BlockPosition,
  type BlockedAxes,
} from './blocks.ts';
import { leastProducts, usualTasks } from './contraction-shared.ts';
import { buildEpilogue, ceil, exchanged, locateBlocks, packingOf, paddedRow, type ContractionSchedule, type Cut } from './contraction.ts'; // prettier-ignore
import type { Tile } from './gemm.ts';
import type { Value, WasmFunction } from './ir.ts';
import { emitLoops } from './nest.ts';
import { op } from './opcodes.ts';
import { maskBytes } from './packing-context.ts';
import { emitTransposing } from './packing-separable.ts';
import { findingTerms, packing, type TimedTile } from './tiles.ts';

/** Positions of a block, about; the copy that it needs is to stay in the cache. */
const blockPositions = 256;
const mostPositions = 2048;
/** Each tap is a call for each block. */
const mostTaps = 64;
/** What an element takes in multiplications, as {@link packing}: picked by itself for each tap, copied, and a result that is stored channel by channel. */
const picking = 16;
const copying = 2;
const scattering = 64;
/** The share of what the machine multiplies that full tiles reach, of 4 rows and 8 channels. */
const fullTiles = 0.8;
/** Tiles along the rows that a task has at least. */
const leastTiles = 2;

/** Positions that are reached together by an axis that is summed over and by taps: `step` times the one and `apart` times the other. */
interface Reach {
  readonly position: Axis;
  readonly tap: Axis;
  readonly step: number;
  readonly apart: number;
  /** Elements of the operand from one of them to the next. */
  readonly stride: number;
  readonly axis: Axis;
}

/** What a block of positions needs of some channels, these next to one another: line by line, with zeros where conditions do not hold. */
interface ChannelCopy {
  readonly operand: Operand;
  /** The axes of lines, and that along a line; where a line lies, in positions. */
  readonly lines: readonly Axis[];
  readonly along: Axis;
  readonly place: Index;
  /** Positions of a line: zeros before `first` and from `last` on. */
  readonly first: number;
  readonly last: number;
  readonly positions: number;
}

/** How an operand is read at taps. */
export interface Taps {
  readonly kernel: ContractionKernel;
  readonly k: BlockedAxes;
  /** The axis of n along whose values the copy has lanes, and the taps. */
  readonly channel: Axis;
  readonly taps: readonly Axis[];
  readonly copy: ChannelCopy;
  /** Positions from the begin of the copy to each term of a block's sum, and to a tap. */
  readonly terms: Index;
  readonly offset: Index;
}

export interface TapProduct extends Cut, Omit<Taps, 'k' | 'kernel'> {
  readonly kind: 'taps';
}

/** How an operand of the product is read at taps, where one is. */
export function readAtTaps(kernel: ContractionKernel, buffers: readonly PlanBuffer[]): Taps | undefined {
  return tapsOf(kernel, buffers) ?? tapsOf(exchanged(kernel), buffers);
}

/** The share of what the machine multiplies that a product reaches that reads taps. By shape alone: sums of products that slide, which this is compared with, have other bits. */
export function tapsShare({ kernel, channel }: Taps): number {
  const [rows, channels] = [product(kernel.m), channel.extent];
  return (fullTiles * rows * channels) / (ceil(rows, 4) * ceil(channels, 8));
}

/** The product in the tile that is fastest, where that is faster than `packed`, the cost of the product of packed operands. */
export function tapProduct(found: Taps, tiles: readonly TimedTile[], packed: number): TapProduct | undefined {
  const { k, taps, copy } = found;
  const { batch, m, n } = found.kernel;
  const [rows, terms] = [product(m), product(found.kernel.k)];
  const wanted = Math.min(usualTasks, Math.floor((product(batch) * rows * product(n) * terms) / leastProducts));
  const perTerm = copy.positions / k.capacity;
  const candidates = tiles.map((tile) => {
    const channels = blockAxes(n, tile.columns * product(taps), 1);
    const rowBlocks = Math.max(1, Math.ceil(wanted / (product(batch) * channels.blocks)));
    const limit = Math.max(leastTiles * tile.rows, ceil(Math.ceil(rows / rowBlocks), tile.rows));
    const mine = blockAxes(m, limit, tile.rows);
    const results = ceil(rows, tile.rows) * channels.blocks * tile.columns * product(taps);
    const copies = copying * tile.columns * perTerm * mine.blocks + packing * ceil(rows, tile.rows);
    const copiesCost = (copies * channels.blocks * terms) / (tiles[0]?.speed ?? 1);
    const cost = (results * (terms * findingTerms + scattering)) / tile.speed + copiesCost;
    return { tile, m: mine, n: channels, cost };
  });
  const [best] = candidates.sort((a, b) => a.cost - b.cost);
  const picked = ((picking - packing) * product(n) * terms) / (tiles[0]?.speed ?? 1);
  if (best === undefined || best.cost >= packed + picked) return undefined;
  const tile: Tile = { rows: best.tile.rows, columns: best.tile.columns };
  return { kind: 'taps', ...found, tile, m: best.m, n: best.n };
}

function tapsOf(kernel: ContractionKernel, buffers: readonly PlanBuffer[]): Taps | undefined {
  const { right } = kernel;
  const [channel, ...taps] = kernel.n;
  if (channel === undefined || taps.length === 0 || product(taps) > mostTaps) return undefined;
  if (buffers[right.buffer]?.type !== 'f32') return undefined;
  // Two lines at least, which taps above one another share.
  const cut = blockAxes(kernel.k, Math.max(blockPositions, 2 * (kernel.k.at(-1)?.extent ?? 1)), 1);
  // Bounds of indices are exact, by which it is judged whether they stay near: no base is larger than that of the last block.
  const k = { ...cut, base: makeAxis(Math.floor((cut.split.extent - 1) / cut.size) * cut.size + 1) };
  const kAxes = [k.local, ...k.inner];
  const nAxes = new Set(kernel.n);
  const parts = (index: Index) => separate(substituteIndex(index, new Map([splitIndex(k)])), nAxes, new Set(kAxes));
  const index = parts(right.index);
  if (index === undefined || !isLinear(index.side) || !isLinear(index.k)) return undefined;

  // Each tap goes along with one of the axes that are summed over, a longer one, with which it reaches fewest positions.
  const reaches: Reach[] = [];
  const extentOf = (axis: Axis): number => (axis === k.local ? k.split : axis).extent;
  for (const tap of taps) {
    const apart = strideAlong(index.side, tap) ?? 0;
    const [best] = kAxes
      .filter(
        (axis) => axis.extent > 1 && extentOf(axis) > tap.extent && reaches.every(({ position }) => position !== axis),
      )
      .map((position) => reachOf(position, strideAlong(index.k, position) ?? 0, tap, apart))
      .filter((reach) => reach !== undefined)
      .sort((a, b) => overlapOf(a) - overlapOf(b));
    if (best === undefined || overlapOf(best) > 0.75) return undefined;
    reaches.push(best);
  }
  const free = kAxes.filter((axis) => axis.extent > 1 && reaches.every(({ position }) => position !== axis));
  const axes = kAxes.flatMap((axis) => reaches.find(({ position }) => position === axis)?.axis ?? (free.includes(axis) ? [axis] : [])); // prettier-ignore
  const strides = new Map<Axis, number>();
  let count = 1;
  for (const axis of [...axes].reverse()) {
    strides.set(axis, count);
    count *= axis.extent;
  }
  const strideOf = (axis: Axis): number => strides.get(axis) ?? 0;

  const guards = right.guards.filter((condition) => !isAlways(condition)).map(guardOf);
  const conditions = guards.filter((condition) => condition !== undefined);
  const along = axes.at(-1);
  if (along === undefined || conditions.length < guards.length) return undefined;
  const operand: Operand = {
    buffer: right.buffer,
    index: sumIndex([
      index.uniform,
      scaled(channel, strideAlong(index.side, channel) ?? 0),
      ...free.map((axis) => scaled(axis, strideAlong(index.k, axis) ?? 0)),
      ...reaches.map(({ axis, stride }) => scaled(axis, stride)),
    ]),
    guards: conditions.filter((condition) => strideAlong(condition.index, along) === 0),
  };
  const [ends, ...others] = conditions.filter((condition) => !operand.guards.includes(condition));
  const isEnds = ends === undefined || (strideAlong(ends.index, along) === 1 && ends.index.terms.length === 1);
  if (others.length > 0 || !isEnds || strideAlong(operand.index, along) !== 1) return undefined;
  // Lines of a last block that has fewer are copied as well, but for those of images that there are not.
  const copied = free.includes(k.local) ? right.index : operand.index;
  if (count > mostPositions || !isNear({ buffers }, right.buffer, copied, 64)) return undefined;
  const endOf = (bound: number): number => Math.min(Math.max(bound - (ends?.index.constant ?? 0), 0), along.extent);
  const lines = axes.slice(0, -1);
  return {
    kernel,
    k,
    channel,
    taps,
    copy: {
      operand,
      lines,
      along,
      place: sumIndex(lines.map((axis) => scaled(axis, strideOf(axis)))),
      first: ends === undefined ? 0 : endOf(ends.lower),
      last: ends === undefined ? along.extent : endOf(ends.upper),
      positions: count,
    },
    terms: sumIndex([
      ...free.map((axis) => scaled(axis, strideOf(axis))),
      ...reaches.map(({ position, step, axis }) => scaled(position, step * strideOf(axis))),
    ]),
    offset: sumIndex(reaches.map(({ tap, axis, apart }) => scaled(tap, apart * strideOf(axis)))),
  };

  /** A condition on positions in place of one on the axes that reach them. */
  function guardOf({ index: guard, lower, upper }: Condition): Condition | undefined {
    const split = parts(guard);
    if (split === undefined || !isLinear(split.side) || !isLinear(split.k)) return undefined;
    if (strideAlong(split.side, channel as Axis) !== 0) return undefined;
    const moved = [split.uniform, ...free.map((axis) => scaled(axis, strideAlong(split.k, axis) ?? 0))];
    for (const { position, tap, step, apart, axis } of reaches) {
      const each = (strideAlong(split.k, position) ?? 0) / step;
      if (!Number.isInteger(each) || strideAlong(split.side, tap) !== each * apart) return undefined;
      moved.push(scaled(axis, each));
    }
    return { index: sumIndex(moved), lower, upper };
  }
}

const scaled = (axis: Axis, factor: number): Index => scaleIndex(axisIndex(axis), factor);

function reachOf(position: Axis, along: number, tap: Axis, across: number): Reach | undefined {
  if (along <= 0 || across <= 0) return undefined;
  const stride = greatestCommonDivisor(along, across);
  const [step, apart] = [along / stride, across / stride];
  const axis = makeAxis(step * (position.extent - 1) + apart * (tap.extent - 1) + 1);
  return { position, tap, step, apart, stride, axis };
}

/** Positions that are reached, by how often they are read. */
function overlapOf({ position, tap, axis }: Reach): number {
  return axis.extent / (position.extent * tap.extent);
}

/** Emits the task loop; see `emitContraction`. `gemm` reads windows. */
export function emitTaps(
  context: KernelContext,
  gemm: WasmFunction,
  cut: TapProduct,
  begin: Value,
  end: Value,
  scratch: Value,
): ContractionSchedule {
  const { fb } = context;
  const { kernel, tile, m, n, k, taps, copy } = cut;
  const lanes = tile.columns;
  // Scratch: masks, C, the rows of a block of positions, packed, and the copy.
  const masksBytes = k.capacity * maskBytes(tile.rows);
  const rowElements = paddedRow(product(taps) * lanes);
  const result = fb.add(scratch, masksBytes);
  const resultBytes = ceil(m.capacity, tile.rows) * rowElements * 4;
  const left = fb.add(result, resultBytes);
  const leftBytes = ceil(ceil(m.capacity, tile.rows) * k.capacity * 4, 64);
  const image = fb.add(left, leftBytes);
  const packLeft = packingOf(context, cut, 'left');
  const terms = context.bindings.table(fb, tabulate(cut.terms, k, 4 * lanes));
  let place = constantIndex(0);
  let columns = lanes;
  for (const tap of [...taps].reverse()) {
    place = addIndex(place, scaled(tap, columns));
    columns *= tap.extent;
  }
  const epilogue = buildEpilogue(context, kernel, m, n, rowElements, addIndex(place, axisIndex(n.local)));
  fb.note(
    `gathers at ${product(taps)} taps: m ${m.total} · n ${n.total} · k ${k.total}${kernel.batch.length > 0 ? `, batch ${product(kernel.batch)}` : ''}; blocks of ${m.capacity} × ${n.size} channels × ${k.capacity}, ` +
      `which read ${copy.positions} positions in lines of ${copy.along.extent}; tiles of ${tile.rows}×${tile.columns}; A: ${packLeft.description}`,
  );
  fb.loop(begin, end, { role: 'grid', name: 'task' }, (task) => {
    const { mBlock, nBlock } = locateBlocks(context, kernel, m, n, task);
    fb.loop(fb.i32(0), fb.i32(k.blocks), { role: 'reduce', name: 'kBlock' }, (number) => {
      const block = locateBlock(context, nBlock.axes, k, number);
      packLeft.emit(context, left, scratch, mBlock, block, block.axes);
      emitCopy(context, cut, { ...nBlock, axes: block.axes }, block.count, image);
      emitLoops(
        context,
        block.axes,
        taps.map((axis) => ({ axis })),
        (at) => {
          const start = at.sum(image, cut.offset, 4 * lanes);
          const corner = at.sum(result, place, 4);
          const stride = fb.i32(rowElements * 4);
          fb.call(gemm, left, start, corner, mBlock.points, fb.i32(lanes), block.points, stride, number, terms);
        },
      );
    });
    epilogue.call(fb, result, nBlock.axes, mBlock.count, nBlock.count);
  });
  const grid = product(kernel.batch) * m.blocks * n.blocks;
  return { grid, scratchBytes: masksBytes + resultBytes + leftBytes + 4 * lanes * copy.positions };
}

/** Copies the channels of a block line by line, from where it begins in memory. */
function emitCopy(
  context: KernelContext,
  { tile, n, k, channel, copy }: TapProduct,
  { axes, base, count }: BlockPosition,
  kCount: Value,
  image: Value,
): void {
  const { fb } = context;
  const { operand, lines, along, place, first, last } = copy;
  const bytes = 4 * tile.columns;
  const zero = fb.f32x4(0);
  const zeros = (to: Value, from: number, end: number): void =>
    fb.loop(fb.add(to, from * bytes), fb.add(to, end * bytes), { role: 'pack', name: 'zeros', step: 16 }, (address) =>
      fb.store(op.v128Store, { base: address, offset: 0 }, zero),
    );
  const stride = 4 * (strideAlong(operand.index, channel) ?? 0);
  const firstChannel = n.split.extent > n.size ? base : fb.i32(0);
  const start = axes.with(channel, firstChannel).with(along, fb.i32(first));
  const distances = Array.from({ length: tile.columns }, (_, lane) => fb.mul(fb.minimum(fb.i32(lane), fb.sub(count, 1)), stride)); // prettier-ignore
  emitLoops(
    context,
    start,
    lines.map((axis) => (axis === k.local ? { axis, end: kCount } : { axis })),
    (at) => {
      const to = at.sum(image, place, bytes);
      fb.if(
        at.holds(operand.guards),
        () => {
          zeros(to, 0, first);
          const source = at.address(operand.buffer, operand.index);
          const from = fb.add(source.base, source.offset);
          const channels = distances.map((distance) => fb.add(from, distance));
          emitTransposing(fb, channels, fb.add(to, first * bytes), fb.i32(Math.max(last - first, 0)), tile.columns);
          zeros(to, Math.max(first, last), along.extent);
        },
        () => zeros(to, 0, along.extent),
      );
    },
  );
}
