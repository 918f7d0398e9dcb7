/**
 * The main loop of a contraction for graphics processors: k is taken in slices that the workgroup copies to shared memory,
 * padded by one vector a row against bank conflicts. Ragged edges are clamped and, along k, zeroed.
 */
import type { Operand } from '../../compiler/kernel.ts';
import type { Axis } from '../../compiler/index-expression.ts';
import type { Tile } from '../profile.ts';
import type { Emitter, Value } from '../wgsl/emitter.ts';
import { indent } from '../wgsl/shader.ts';
import { mergeAxes, takeApart } from './axes.ts';
import { contiguous, outerProduct, threadsOf, type TiledContraction } from './contraction-tile.ts';
import { guardedLoad } from './contraction-direct.ts';
import { addOperand, emptyUses } from './traverse.ts';

export function sharedBytesOf(tile: Tile): number {
  return tile.k * (tile.m + 4 + tile.n + 4) * 4;
}

/** One of the two operands, seen as rows of a tile. */
interface Side {
  readonly operand: Operand;
  readonly axes: readonly Axis[];
  readonly ragged: boolean;
  /** Rows of the tile. */
  readonly block: number;
  /** WGSL of the tile's first row. */
  readonly origin: string;
  readonly shared: string;
}

/** Writes the loop and returns the module-scope variables that it needs. */
export function emitSharedLoop(emitter: Emitter, contraction: TiledContraction): string[] {
  const { kernel, tile, m, n, k, split, accumulators } = contraction;
  const sides: Side[] = [
    {
      operand: kernel.left,
      axes: kernel.m,
      ragged: m % tile.m !== 0,
      block: tile.m,
      origin: 'tileM',
      shared: 'sharedM',
    },
    {
      operand: kernel.right,
      axes: kernel.n,
      ragged: n % tile.n !== 0,
      block: tile.n,
      origin: 'tileN',
      shared: 'sharedN',
    },
  ];
  emitter.open();
  for (const side of sides) emitLoads(emitter, side, contraction);
  emitter.write(
    'workgroupBarrier();',
    `for (var kk = 0; kk < ${emitter.bound(tile.k)}; kk++) {`,
    ...indent(productLines(tile, accumulators)),
    '}',
    'workgroupBarrier();',
  );
  const loop = emitter.close();
  const [first, last] = split === undefined ? ['0', emitter.bound(k)] : ['first', 'last'];
  emitter.write(`for (var k0 = ${first}; k0 < ${last}; k0 += ${tile.k}) {`, ...indent(loop), '}');
  return sides.map(({ shared, block }) => `var<workgroup> ${shared}: array<vec4<f32>, ${tile.k * (block / 4 + 1)}>;`);
}

/** This thread's share of one operand's slice: vectors of four rows at one k. */
function emitLoads(emitter: Emitter, side: Side, { kernel, tile, k, split }: TiledContraction): void {
  const { operand, block } = side;
  const threads = threadsOf(tile);
  const vectors = (block / 4) * tile.k;
  const row = block / 4 + 1;
  const exactK = split === undefined ? k % tile.k === 0 : split.length * split.parts === k;
  const uses = emptyUses();
  addOperand(operand, uses);
  const rowGroups = mergeAxes(side.axes, uses.indices);
  const kGroups = mergeAxes(kernel.k, uses.indices);
  const batch = new Map<Axis, Value>();
  takeApart(emitter, { text: 'batch', depth: 0, literal: false }, mergeAxes(kernel.batch, uses.indices), batch);

  // Neighbouring threads step along k where that is contiguous in memory, else along the rows.
  const alongK = !contiguous(operand.index, side.axes) && contiguous(operand.index, kernel.k);
  const fast = alongK ? tile.k : block / 4;
  const divides = threads % fast === 0;
  emitter.overrun = side.ragged || !exactK;
  for (let round = 0; round * threads < vectors; round++) {
    const offset = round * threads;
    // Where the threads make whole rows, the next round goes on in the slow direction alone.
    const position = divides || offset === 0 ? 'i32(lane)' : `(i32(lane) + ${offset})`;
    const quick = emitter.define(`${position} % ${fast}`, 0);
    const start = emitter.define(`${position} / ${fast}`, 0);
    const slow = divides && offset > 0 ? emitter.define(`${start.text} + ${offset / fast}`, 0) : start;
    const kk = alongK ? quick : slow;
    const vector = alongK ? slow : quick;
    const kFlat = emitter.define(`k0 + ${kk.text}`, 1);
    const kVariables = new Map<Axis, Value>();
    takeApart(emitter, kFlat, kGroups, kVariables);
    const tests = exactK ? [] : [emitter.define(`${kFlat.text} < ${k}`, 1)];
    const base = emitter.define(`${side.origin} + ${vector.text} * 4`, 0);
    const components = [0, 1, 2, 3].map((component) => {
      const flat = component === 0 ? base : emitter.define(`${base.text} + ${component}`, 0);
      const variables = new Map<Axis, Value>([...batch, ...kVariables]);
      takeApart(emitter, flat, rowGroups, variables);
      let text = '';
      emitter.withAxes(variables, () => {
        text = guardedLoad(emitter, operand, tests).text;
      });
      return text;
    });
    const statement = `${side.shared}[${kk.text} * ${row} + ${vector.text}] = vec4<f32>(${components.join(', ')});`;
    const beyond = offset + threads > vectors;
    emitter.write(beyond ? `if (i32(lane) + ${offset} < ${vectors}) { ${statement} }` : statement);
  }
  emitter.overrun = false;
}

/** Outer product of one k: a column of the left slice times a row of the right one. */
function productLines(tile: Tile, accumulators: readonly (readonly string[])[]): string[] {
  const vectorsM = tile.threadM / 4;
  const vectorsN = tile.threadN / 4;
  const vector = (name: string, shared: string, thread: string, rows: number, count: number, i: number): string =>
    `let ${name}${i} = ${shared}[kk * ${rows / 4 + 1} + ${thread} * ${count} + ${i}];`;
  const lines = [
    ...Array.from({ length: vectorsM }, (_, i) => vector('x', 'sharedM', 'threadM', tile.m, vectorsM, i)),
    ...Array.from({ length: vectorsN }, (_, i) => vector('y', 'sharedN', 'threadN', tile.n, vectorsN, i)),
  ];
  const column = Array.from({ length: tile.threadM }, (_, i) => `x${i >> 2}.${'xyzw'[i & 3] ?? 'x'}`);
  const row = Array.from({ length: vectorsN }, (_, j) => `y${j}`);
  return [...lines, ...outerProduct(column, row, accumulators)];
}
