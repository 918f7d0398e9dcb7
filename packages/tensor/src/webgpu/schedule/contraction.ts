/**
 * Schedule of large contractions: a workgroup computes a tile of results, taking k in slices through shared memory, and every
 * thread keeps a block of the tile in registers. Operands are fetched through their own index and guards, so that a
 * convolution is a matrix product whose matrix exists nowhere (implicit GEMM: Chetlur et al., "cuDNN", 2014). No extent has
 * to be divisible by anything: ragged edges are clamped and, along k, zeroed.
 */
import type { ContractionKernel, Operand } from '../../compiler/kernel.ts';
import { strideAlong, type Axis, type Index } from '../../compiler/index-expression.ts';
import type { Tile } from '../profile.ts';
import { Emitter, type Value } from '../wgsl/emitter.ts';
import { assemble, gridOf, groupNumber, indent, type Shader } from '../wgsl/shader.ts';
import { mergeAxes, takeApart } from './axes.ts';
import type { BindingPlan } from './bindings.ts';
import type { Target } from './map.ts';
import { addOperand, addStores, emptyUses, pointCount } from './traverse.ts';

/** Where a split contraction leaves the partial sums of its parts: element ((part · batch + b) · m + i) · n + j. */
export interface Split {
  readonly parts: number;
  /** Elements of k in one part, a multiple of the tile's. */
  readonly length: number;
  /** Position of the temporary in the plan's buffers. */
  readonly buffer: number;
}

export function threadsOf(tile: Tile): number {
  return (tile.m / tile.threadM) * (tile.n / tile.threadN);
}

/** Bytes of shared memory; rows are padded by one vector against bank conflicts. */
export function sharedBytesOf(tile: Tile): number {
  return tile.k * (tile.m + 4 + tile.n + 4) * 4;
}

/** One of the two operands, seen as rows of a tile. */
interface Side {
  readonly operand: Operand;
  readonly axes: readonly Axis[];
  readonly extent: number;
  readonly block: number;
  /** WGSL of the tile's first row. */
  readonly origin: string;
  readonly shared: string;
  /** Whether neighbouring threads step along k (where that is contiguous in memory) rather than along the rows. */
  readonly alongK: boolean;
}

export function renderContraction(
  kernel: ContractionKernel,
  plan: BindingPlan,
  target: Target,
  tile: Tile,
  split: Split | undefined,
): Shader {
  const m = pointCount(kernel.m);
  const n = pointCount(kernel.n);
  const k = pointCount(kernel.k);
  const batch = pointCount(kernel.batch);
  const threads = threadsOf(tile);
  const tilesM = Math.ceil(m / tile.m);
  const tilesN = Math.ceil(n / tile.n);
  const parts = split?.parts ?? 1;
  const total = tilesM * tilesN * batch * parts;
  const grid = gridOf(total, target.limits.workgroupsPerDimension);

  const emitter = new Emitter(plan.views);
  emitter.write(`let tile = i32(${groupNumber(grid)});`);
  if (grid[0] * grid[1] !== total) emitter.write(`if (tile >= ${total}) { return; }`);
  emitter.write(
    `let tileN = (tile % ${tilesN}) * ${tile.n};`,
    `let tileM = (tile / ${tilesN} % ${tilesM}) * ${tile.m};`,
    `let place = tile / ${tilesN * tilesM};`,
    `let threadN = i32(lane % ${tile.n / tile.threadN}u);`,
    `let threadM = i32(lane / ${tile.n / tile.threadN}u);`,
  );
  if (parts > 1) {
    emitter.write(
      `let batch = place % ${batch};`,
      `let part = place / ${batch};`,
      `let first = part * ${split?.length ?? 0};`,
      `let last = min(first + ${split?.length ?? 0}, ${k});`,
    );
  } else emitter.write('let batch = place;');

  const accumulators = accumulatorNames(tile);
  emitter.write(...accumulators.flat().map((name) => `var ${name} = vec4<f32>();`));

  const sides: Side[] = [
    makeSide(kernel.left, kernel.m, kernel.k, tile.m, 'tileM', 'sharedM'),
    makeSide(kernel.right, kernel.n, kernel.k, tile.n, 'tileN', 'sharedN'),
  ];
  const exactK = split === undefined ? k % tile.k === 0 : split.length * split.parts === k;
  emitter.open();
  for (const side of sides) emitLoads(emitter, side, kernel, tile, threads, exactK);
  emitter.write(
    'workgroupBarrier();',
    `for (var kk = 0; kk < ${tile.k}; kk++) {`,
    ...indent(productLines(tile, accumulators)),
    '}',
  );
  emitter.write('workgroupBarrier();');
  const loop = emitter.close();
  emitter.write(
    `for (var k0 = ${parts > 1 ? 'first' : '0'}; k0 < ${parts > 1 ? 'last' : k}; k0 += ${tile.k}) {`,
    ...indent(loop),
    '}',
  );
  emitEpilogue(emitter, kernel, tile, accumulators, { m, n, batch, split });

  const variables = sides.map(
    ({ shared, block }) => `var<workgroup> ${shared}: array<vec4<f32>, ${tile.k * (block / 4 + 1)}>;`,
  );
  return assemble({ emitter, bindings: plan.declarations, variables, threads, grid, body: emitter.body });
}

function makeSide(
  operand: Operand,
  axes: readonly Axis[],
  k: readonly Axis[],
  block: number,
  origin: string,
  shared: string,
): Side {
  return {
    operand,
    axes,
    extent: pointCount(axes),
    block,
    origin,
    shared,
    alongK: !contiguous(operand.index, axes) && contiguous(operand.index, k),
  };
}

/** Whether the innermost axis that is longer than 1 has stride 1. */
export function contiguous(index: Index, axes: readonly Axis[]): boolean {
  const innermost = [...axes].reverse().find(({ extent }) => extent > 1);
  return innermost !== undefined && strideAlong(index, innermost) === 1;
}

function accumulatorNames(tile: Tile): string[][] {
  return Array.from({ length: tile.threadM }, (_, i) =>
    Array.from({ length: tile.threadN / 4 }, (_, j) => `c${i}_${j}`),
  );
}

/** This thread's share of one operand's slice: vectors of four rows at one k. */
function emitLoads(
  emitter: Emitter,
  side: Side,
  kernel: ContractionKernel,
  tile: Tile,
  threads: number,
  exactK: boolean,
): void {
  const { operand, block, alongK } = side;
  const vectors = (block / 4) * tile.k;
  const row = block / 4 + 1;
  const k = pointCount(kernel.k);
  const uses = emptyUses();
  addOperand(operand, uses);
  const rowGroups = mergeAxes(side.axes, uses.indices);
  const kGroups = mergeAxes(kernel.k, uses.indices);
  const batchGroups = mergeAxes(kernel.batch, uses.indices);
  const batchVariables = new Map<Axis, Value>();
  takeApart(emitter, { text: 'batch', depth: 0, literal: false }, batchGroups, batchVariables);

  emitter.overrun = side.extent % block !== 0 || !exactK;
  const fast = alongK ? tile.k : block / 4;
  const rounds = Math.ceil(vectors / threads);
  for (let round = 0; round < rounds; round++) {
    // Consecutive threads take consecutive `fast` steps, the next round goes on in the slow direction where it can.
    const divides = threads % fast === 0;
    const offset = round * threads;
    const position = divides || offset === 0 ? 'i32(lane)' : `i32(lane) + ${offset}`;
    const quick = emitter.define(`(${position}) % ${fast}`, 0);
    const slowBase = emitter.define(`(${position}) / ${fast}`, 0);
    const slow = divides && offset > 0 ? emitter.define(`${slowBase.text} + ${offset / fast}`, 0) : slowBase;
    const kk = alongK ? quick : slow;
    const vector = alongK ? slow : quick;
    const kFlat = emitter.define(`k0 + ${kk.text}`, 1);
    const kVariables = new Map<Axis, Value>();
    takeApart(emitter, kFlat, kGroups, kVariables);
    const withinK = exactK ? undefined : emitter.define(`${kFlat.text} < ${k}`, 1);
    const base = emitter.define(`${side.origin} + ${vector.text} * 4`, 0);
    const components = [0, 1, 2, 3].map((component) => {
      const flat = component === 0 ? base : emitter.define(`${base.text} + ${component}`, 0);
      const variables = new Map<Axis, Value>([...batchVariables, ...kVariables]);
      takeApart(emitter, flat, rowGroups, variables);
      let text = '0f';
      emitter.withAxes(variables, () => {
        const inside = emitter.inside(operand.guards);
        const value = emitter.load(operand.buffer, operand.index);
        const tests = [withinK, inside].filter((test) => test !== undefined);
        text =
          tests.length === 0
            ? value.text
            : emitter.define(`select(0f, ${value.text}, ${emitter.conjunction(tests).text})`, 1).text;
      });
      return text;
    });
    const statement = `${side.shared}[${kk.text} * ${row} + ${vector.text}] = vec4<f32>(${components.join(', ')});`;
    const ragged = (round + 1) * threads > vectors;
    emitter.write(ragged ? `if (${position} < ${vectors}) { ${statement} }` : statement);
  }
  emitter.overrun = false;
}

/** Outer product of one k: a column of the left tile times a row of the right one. */
function productLines(tile: Tile, accumulators: readonly (readonly string[])[]): string[] {
  const lines: string[] = [];
  const vectorsM = tile.threadM / 4;
  const vectorsN = tile.threadN / 4;
  for (let j = 0; j < vectorsN; j++) {
    lines.push(`let y${j} = sharedN[kk * ${tile.n / 4 + 1} + threadN * ${vectorsN} + ${j}];`);
  }
  for (let i = 0; i < vectorsM; i++) {
    lines.push(`let x${i} = sharedM[kk * ${tile.m / 4 + 1} + threadM * ${vectorsM} + ${i}];`);
  }
  for (let i = 0; i < tile.threadM; i++) {
    for (let j = 0; j < vectorsN; j++) {
      const name = accumulators[i]?.[j] ?? '';
      lines.push(`${name} = fma(vec4<f32>(x${i >> 2}.${'xyzw'[i & 3] ?? 'x'}), y${j}, ${name});`);
    }
  }
  return lines;
}

interface Extents {
  readonly m: number;
  readonly n: number;
  readonly batch: number;
  readonly split: Split | undefined;
}

/** Stores the thread's block in a loop, so that a long epilogue is written once. */
function emitEpilogue(
  emitter: Emitter,
  kernel: ContractionKernel,
  tile: Tile,
  accumulators: readonly (readonly string[])[],
  { m, n, batch, split }: Extents,
): void {
  const count = tile.threadM * tile.threadN;
  emitter.write(
    `var block = array<vec4<f32>, ${count / 4}>(${accumulators.flat().join(', ')});`,
    `let firstM = tileM + threadM * ${tile.threadM};`,
    `let firstN = tileN + threadN * ${tile.threadN};`,
  );
  const depth = emitter.open(true);
  emitter.write(`let row = firstM + e / ${tile.threadN};`, `let column = firstN + e % ${tile.threadN};`);
  const tests = [...(m % tile.m === 0 ? [] : [`row >= ${m}`]), ...(n % tile.n === 0 ? [] : [`column >= ${n}`])];
  if (tests.length > 0) emitter.write(`if (${tests.join(' || ')}) { continue; }`);
  const result = emitter.define('block[e / 4][e % 4]', depth);
  if (split !== undefined) {
    const view = `((part * ${batch} + batch) * ${m} + row) * ${n} + column`;
    emitter.write(emitter.storeAt(split.buffer, view, result));
  } else {
    emitter.results = [result];
    const uses = emptyUses();
    addStores(kernel.stores, uses);
    const variables = new Map<Axis, Value>();
    const local = (text: string): Value => ({ text, depth, literal: false });
    takeApart(emitter, local('batch'), mergeAxes(kernel.batch, uses.indices), variables);
    takeApart(emitter, local('row'), mergeAxes(kernel.m, uses.indices), variables);
    takeApart(emitter, local('column'), mergeAxes(kernel.n, uses.indices), variables);
    emitter.withAxes(variables, () => {
      const values = kernel.stores.map(({ value }) => emitter.expression(value));
      const statements = kernel.stores.map(({ buffer, index }, i) => emitter.store(buffer, index, values[i] as Value));
      emitter.write(...statements);
    });
  }
  const lines = emitter.close();
  emitter.write(`for (var e = 0; e < ${count}; e++) {`, ...indent(lines), '}');
}
