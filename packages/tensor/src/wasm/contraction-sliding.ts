/**
 * Products of two operands that both run along the last summed axis, one of them at a few shifts: the gradient of a convolution's weight, which sums what is sent back over the positions
 * of an image, once for each tap. They are computed in vectors along that axis, straight from memory. Packing (contraction.ts) copies the image once for each tap, which pays where
 * many rows use the copy; with 8 rows it takes longer than the products.
 *
 * Each element is the sum of four partial ones, of every fourth position in order, whatever the tile and the number of threads.
 */
import { strideAlong, type Axis, type Index } from '../compiler/index-expression.ts';
import type { Condition, ContractionKernel, PlanBuffer } from '../compiler/kernel.ts';
import { substituteIndex } from '../compiler/rewriter.ts';
import { isAlways, isNear, type AxisValues, type KernelContext } from './address.ts';
import { blockAxes, positionInBlock, product, splitIndex, type BlockedAxes } from './blocks.ts';
import { buildEpilogue, ceil, exchanged, locateBlocks, type ContractionSchedule } from './contraction.ts';
import type { Value, Variable } from './ir.ts';
import { multiplyAdd } from './math.ts';
import { emitLoops, type NestLoop } from './nest.ts';
import { op } from './opcodes.ts';

/** Rows of a tile for so many taps: V8 keeps eight accumulators in registers beside the vectors of a line, not nine. */
const rowsFor: Readonly<Record<number, number>> = { 2: 4, 3: 2, 4: 2, 5: 1 };
/** Vectors of a line at whose ends some taps are outside; more are not worth their code. */
const mostEdges = 8;
/** Tasks of a product, by shape alone. */
const usualTasks = 16;

/** Positions in a line that a tap reads: those with `lower` ≤ position + step · tap + constant < `upper`. */
interface Inside {
  readonly step: number;
  readonly lower: number;
  readonly upper: number;
}

export interface SlidingProduct {
  readonly kind: 'sliding';
  /** With the shifted operand on the right. */
  readonly kernel: ContractionKernel;
  readonly rows: number;
  readonly m: BlockedAxes;
  readonly n: BlockedAxes;
  /** The last axis of k, and the axis of n along which the right operand is shifted, as n has it in its blocks. */
  readonly position: Axis;
  readonly tap: Axis;
  readonly inside: Inside | undefined;
  /** What has to hold of the other axes. */
  readonly around: readonly Condition[];
}

/** The product as one that slides, where it is one and that is faster than packing. */
export function slidingProduct(kernel: ContractionKernel, buffers: readonly PlanBuffer[]): SlidingProduct | undefined {
  return slidingAs(kernel, buffers) ?? slidingAs(exchanged(kernel), buffers);
}

function slidingAs(kernel: ContractionKernel, buffers: readonly PlanBuffer[]): SlidingProduct | undefined {
  const { left, right } = kernel;
  const [position, tap] = [kernel.k.at(-1), kernel.n.at(-1)];
  const rows = rowsFor[tap?.extent ?? 0];
  if (position === undefined || tap === undefined || rows === undefined || kernel.m.length !== 1) return undefined;
  if ([left, right].some(({ buffer, index }) => buffers[buffer]?.type !== 'f32' || strideAlong(index, position) !== 1 || !isNear({ buffers }, buffer, index, 32))) return undefined; // prettier-ignore
  const shift = strideAlong(right.index, tap);
  if (shift === undefined || shift < 1 || shift * tap.extent > 32) return undefined;
  const guards = right.guards.filter((guard) => !isAlways(guard));
  if (left.guards.some((guard) => !isAlways(guard))) return undefined;
  const concerns = ({ index }: Condition): boolean => [position, tap].some((axis) => strideAlong(index, axis) !== 0);
  const [along, ...others] = guards.filter(concerns);
  const inside = along === undefined ? undefined : insideOf(along, position, tap);
  if (others.length > 0 || (along !== undefined && inside === undefined)) return undefined;
  const edges = vectorsOf(position, tap, inside).filter(({ isWhole }) => !isWhole).length;
  if (edges > mostEdges || !isFaster(kernel, rows, position, tap)) return undefined;

  const m = blockAxes(kernel.m, rows, rows);
  const wanted = Math.ceil(usualTasks / (m.blocks * product(kernel.batch)));
  const window = tap.extent * (kernel.n.at(-2)?.extent ?? 1);
  const n = blockAxes(kernel.n, Math.max(window, Math.ceil(product(kernel.n) / wanted)), 1);
  if (kernel.n.length === 1 && n.size !== tap.extent) return undefined;
  return {
    kind: 'sliding',
    kernel,
    rows,
    m,
    n,
    position,
    tap: kernel.n.length === 1 ? n.local : tap,
    inside,
    around: guards.filter((guard) => guard !== along),
  };
}

function insideOf({ index, lower, upper }: Condition, position: Axis, tap: Axis): Inside | undefined {
  if (strideAlong(index, position) !== 1 || !index.terms.every(({ atom }) => atom === position || atom === tap))
    return undefined;
  const step = strideAlong(index, tap) ?? 0;
  return { step, lower: lower - index.constant, upper: upper - index.constant };
}

/**
 * By estimated shares of what the machine multiplies and adds: of vectors along a line, which has edges and begins anew in each row, and of tiles that are packed for few rows. By shape alone,
 * since the bits of the sums depend on it.
 */
function isFaster(kernel: ContractionKernel, rows: number, position: Axis, tap: Axis): boolean {
  const count = product(kernel.m);
  return slidingShare(count, rows, position, tap) > (1.25 * 0.85 * count) / (count + 25);
}

function slidingShare(count: number, rows: number, { extent }: Axis, tap: Axis): number {
  const vectors = Math.ceil(extent / 4);
  const work = rows * tap.extent * vectors;
  const inLine = extent / (4 * vectors);
  return ((rows === 1 ? 0.6 : 0.8) * inLine * (count / ceil(count, rows)) * work) / (work + 14);
}

/** The share of what the machine multiplies that a product reaches that slides. */
export function shareOf({ kernel, rows, position, tap }: SlidingProduct): number {
  return slidingShare(product(kernel.m), rows, position, tap);
}

/** A vector of a line: which lanes each tap reads, one bit each. */
interface LineVector {
  readonly lanes: readonly number[];
  /** Whether all taps read all lanes. */
  readonly isWhole: boolean;
}

function vectorsOf({ extent }: Axis, tap: Axis, inside: Inside | undefined): LineVector[] {
  return Array.from({ length: Math.ceil(extent / 4) }, (_, vector) => {
    const lanes = Array.from({ length: tap.extent }, (__, t) => {
      let bits = 0;
      for (let lane = 0; lane < 4; lane++) {
        const at = 4 * vector + lane;
        const place = at + (inside?.step ?? 0) * t;
        if (at < extent && (inside === undefined || (place >= inside.lower && place < inside.upper))) bits |= 1 << lane;
      }
      return bits;
    });
    return { lanes, isWhole: lanes.every((bits) => bits === 15) };
  });
}

/** Emits the task loop; see `emitContraction`. */
export function emitSliding(
  context: KernelContext,
  cut: SlidingProduct,
  begin: Value,
  end: Value,
  scratch: Value,
): ContractionSchedule {
  const { fb } = context;
  const { kernel, rows, m, n, tap, around } = cut;
  const taps = tap.extent;
  const rowElements = ceil(n.capacity, 4);
  const epilogue = buildEpilogue(context, kernel, m, n, rowElements);
  const accumulators = Array.from({ length: rows }, (_, i) =>
    Array.from({ length: taps }, (__, t) => fb.variable(`c${i}${t}`, 'v128')),
  );
  const leftIndex = substituteIndex(kernel.left.index, new Map([splitIndex(m)]));
  const nSplit = new Map([splitIndex(n)]);
  const rightIndex = substituteIndex(kernel.right.index, nSplit);
  const conditions = around.map((guard) => ({ ...guard, index: substituteIndex(guard.index, nSplit) }));
  const place = positionInBlock(n);
  fb.note(
    `slides ${taps} taps over lines of ${cut.position.extent}: m ${m.total} · n ${n.total} · k ${product(kernel.k)}; tiles of ${rows}×${taps}`,
  );
  fb.loop(begin, end, { role: 'grid', name: 'task' }, (task) => {
    const { mBlock, nBlock } = locateBlocks(context, kernel, m, n, task);
    const lines: NestLoop[] = [{ axis: n.local, end: nBlock.count }, ...n.inner.map((axis) => ({ axis }))];
    emitLoops(
      context,
      nBlock.axes,
      lines.filter(({ axis }) => axis !== tap),
      (line) => {
        const at = line.with(tap, fb.i32(0));
        for (const accumulator of accumulators.flat()) fb.set(accumulator, fb.f32x4(0));
        const outer = kernel.k.slice(0, -1).map((axis): NestLoop => ({ axis, role: 'reduce' }));
        emitLoops(context, at, outer, (row) => {
          fb.if(row.holds(conditions), () => emitLine(context, cut, row, mBlock.count, leftIndex, rightIndex, accumulators)); // prettier-ignore
        });
        const corner = fb.add(scratch, fb.mul(at.value(place), 4));
        accumulators.forEach((row, i) =>
          row.forEach((accumulator, t) => {
            const offset = 4 * (i * rowElements + t);
            fb.store(op.v128Store32Lane, { base: corner, offset }, sumOfLanes(context, fb.get(accumulator)), 0);
          }),
        );
      },
    );
    epilogue.call(fb, scratch, nBlock.axes, mBlock.count, nBlock.count);
  });
  const grid = product(kernel.batch) * m.blocks * n.blocks;
  return { grid, scratchBytes: rows * rowElements * 4 };
}

/** (0 + 2) + (1 + 3). */
function sumOfLanes({ fb }: KernelContext, vector: Value): Value {
  const halves = fb.op(op.f32x4Add, vector, fb.shuffle(vector, vector, [2, 3, 0, 1]));
  return fb.op(op.f32x4Add, halves, fb.shuffle(halves, halves, [1, 0, 3, 2]));
}

/** Adds the products along one line to the accumulators. */
function emitLine(
  context: KernelContext,
  { kernel, rows, m, position, tap, inside }: SlidingProduct,
  row: AxisValues,
  count: Value,
  leftIndex: Index,
  rightIndex: Index,
  accumulators: readonly (readonly Variable[])[],
): void {
  const { fb } = context;
  const shift = strideAlong(rightIndex, tap) ?? 0;
  const begin = row.with(position, fb.i32(0));
  // The last block may have fewer rows: it computes its last one several times.
  const last = fb.sub(count, 1);
  const lefts = Array.from({ length: rows }, (_, i) => {
    const { base, offset } = begin.with(m.local, fb.minimum(last, i)).address(kernel.left.buffer, leftIndex);
    return fb.add(base, offset);
  });
  const { base, offset } = begin.address(kernel.right.buffer, rightIndex);
  const right = fb.add(base, offset);
  const emitVector = (at: Value, others: readonly Value[], bytes: number, lanes: readonly number[]): void => {
    const loadedRows = others.map((other) => fb.load(op.v128Load, { base: other, offset: bytes }));
    lanes.forEach((bits, t) => {
      if (bits === 0) return;
      const used = maskOf(context, fb.load(op.v128Load, { base: at, offset: bytes + 4 * shift * t }), bits);
      accumulators.forEach((vectors, i) => {
        const accumulator = vectors[t];
        const other = loadedRows[i];
        if (accumulator === undefined || other === undefined) return;
        // What is not read may be no number: 0 · NaN is none either.
        fb.set(accumulator, multiplyAdd(context, maskOf(context, other, bits), used, fb.get(accumulator)));
      });
    });
  };
  const vectors = vectorsOf(position, tap, inside);
  // Edges, the vectors between them, edges.
  const whole = vectors.filter(({ isWhole }) => isWhole).length;
  const first = whole === 0 ? vectors.length : vectors.findIndex(({ isWhole }) => isWhole);
  vectors.slice(0, first).forEach(({ lanes }, i) => emitVector(right, lefts, 16 * i, lanes));
  if (whole === 0) return;
  const inductions = lefts.map((left) => ({ begin: fb.add(left, 16 * first), step: 16 }));
  const { lanes: all = [] } = vectors[first] ?? {};
  fb.loop(
    fb.add(right, 16 * first),
    fb.add(right, 16 * (first + whole)),
    { role: 'reduce', name: 'position', step: 16, inductions },
    (at, others) => emitVector(at, others, 0, all),
  );
  vectors.slice(first + whole).forEach(({ lanes }, i) => emitVector(right, lefts, 16 * (first + whole + i), lanes));
}

/** The lanes in `bits`, 0 in the others. */
function maskOf({ fb }: KernelContext, vector: Value, bits: number): Value {
  if (bits === 15) return vector;
  const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((lane) => ((bits >> lane) & 1 ? -1 : 0));
  return fb.op(op.v128And, vector, fb.i32x4(a, b, c, d));
}
