/**
 * Which tile a product is computed in. How fast tiles are depends on the engine and its flags more than on anything that can be asked for: vectors that do not stay in
 * registers halve the speed, and where V8 packs pairs of vectors tiles of 6×16 are twice as fast as 4×8. So the process tries them, once, when it first meets a large product.
 */
import type { ContractionKernel } from '../compiler/kernel.ts';
import { product } from './blocks.ts';
import { ceil, exchanged, type TiledProduct } from './contraction.ts';
import { FunctionBuilder } from './function-builder.ts';
import { emitTile, tileAccumulators, type Tile } from './gemm.ts';
import type { WasmFunction } from './ir.ts';
import { op } from './opcodes.ts';
import { renderModule } from './render.ts';

/** A tile and how fast it is, beside others. */
export interface TimedTile extends Tile {
  readonly speed: number;
}

/** The tile of small products, and of all where none is faster. */
export const usualTile: Tile = { rows: 4, columns: 8 };
const widest: Tile = { rows: 6, columns: 16 };
const triedTiles: readonly Tile[] = [usualTile, { rows: 6, columns: 8 }, widest];
/** Not tried: in code that is fast for the widest one it has seven eighths of its speed, and fewer rows to fill (8 filters). */
const fewRows: Tile = { rows: 4, columns: 16 };
const ofWidest = 7 / 8;
export const allTiles: readonly Tile[] = [...triedTiles, fewRows];

/** Products of numbers from which on it pays to know the fastest tile: a third of a millisecond. */
const largeProduct = 2 ** 23;

const untimed: readonly TimedTile[] = [{ ...usualTile, speed: 1 }];
const timed = new Map<boolean, readonly TimedTile[]>();

/** The tiles to choose from for a product, with relaxed SIMD or without. */
export function tilesFor(kernel: ContractionKernel, relaxed: boolean): readonly TimedTile[] {
  const known = timed.get(relaxed);
  if (known !== undefined) return known;
  const products = [kernel.batch, kernel.m, kernel.n, kernel.k].reduce((total, axes) => total * product(axes), 1);
  if (products < largeProduct) return untimed;
  const measured = timeTiles(relaxed);
  timed.set(relaxed, measured);
  return measured;
}

/**
 * Chooses the tile that wastes least time, and exchanges the operands where that then wastes clearly less (few columns). `cost`: the results that it computes, those at edges
 * included, by its speed.
 */
export function chooseTile(
  kernel: ContractionKernel,
  tiles: readonly TimedTile[],
): TiledProduct & { readonly cost: number } {
  const [m, n] = [product(kernel.m), product(kernel.n)];
  const [best] = tiles
    .flatMap((tile) => [
      { kernel, tile, cost: (ceil(m, tile.rows) * ceil(n, tile.columns)) / tile.speed },
      { kernel: exchanged(kernel), tile, cost: (ceil(n, tile.rows) * ceil(m, tile.columns)) / tile.speed / 0.85 },
    ])
    .sort((a, b) => a.cost - b.cost);
  return best ?? { kernel, tile: usualTile, cost: m * n };
}

/** Multiplications in the usual tile that take as long as packing an element, and as storing a result. */
export const packing = 3.2;
export const storing = 8;
/** What finding each term of a sum by a table costs. */
export const findingTerms = 1.03;

/** What a product of packed operands takes, in the units of {@link chooseTile}, once for each term of a sum. */
export function packedCost(kernel: ContractionKernel, tiles: readonly TimedTile[]): number {
  const [m, n, terms] = [kernel.m, kernel.n, kernel.k].map(product) as [number, number, number];
  return chooseTile(kernel, tiles).cost * (terms + storing) + (packing * (m + n) * terms) / (tiles[0]?.speed ?? 1);
}

/** Depth and repetitions of a trial of some ten microseconds. */
const depth = 256;
const repetitions = 16;
/** Milliseconds that trials take at most, and after which no tile has become faster. */
const longest = 80;
const settled = 4;
/** What a run counts for at most: on a busy machine something else may run in the middle of it. */
const longestRun = 1;
/**
 * Engines begin with code that is quickly made, and compile again on another thread what runs often: the second code is so many times as fast at least. On a busy machine it may be there after a single run of the
 * first.
 */
const secondCode = 1.5;

/** Tries tiles in turns on panels in the first-level cache, until each has its second code and none becomes faster. */
export function timeTiles(relaxed: boolean): readonly TimedTile[] {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const names = triedTiles.map((tile) => `tile${tile.rows}x${tile.columns}`);
  const code = renderModule(new Map(triedTiles.map((tile, i) => [names[i] ?? '', trialOf(relaxed, tile)])));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
  const trials = triedTiles.map((tile, i) => ({
    tile,
    run: exports[names[i] ?? ''] as (times: number) => void,
    first: Infinity,
    least: Infinity,
  }));
  // Engines compile a function when it is first called, and the way into it at one of the next calls; memory comes with its first use.
  for (const { run } of trials) for (let call = 0; call < 3; call++) run(1);
  let [spent, improved] = [0, 0];
  const isSettled = (): boolean =>
    spent - improved >= settled && trials.every(({ first, least }) => secondCode * least < first);
  for (let round = 0; spent < longest && !isSettled(); round++) {
    for (const trial of trials) {
      const begin = performance.now();
      trial.run(repetitions);
      const took = performance.now() - begin;
      if (took < 0.9 * trial.least) improved = spent;
      trial.least = Math.min(trial.least, took);
      if (round === 0) trial.first = took;
      spent += Math.min(took, longestRun);
    }
  }
  // What is as fast in registers is not in a product: larger tiles waste more at edges.
  const timed = trials.map(({ tile, least }) => ({
    ...tile,
    speed: ((tile.rows * tile.columns) / least) * (tile === usualTile ? 1.03 : 1),
  }));
  return [...timed, { ...fewRows, speed: ofWidest * (timed.find(({ columns }) => columns === widest.columns)?.speed ?? 0) }]; // prettier-ignore
}

/** The inner loop of a tile, some times over the same panels. */
function trialOf(relaxed: boolean, tile: Tile): WasmFunction {
  const fb = new FunctionBuilder('trial');
  const times = fb.parameter('times');
  const accumulators = tileAccumulators(fb, tile);
  for (const accumulator of accumulators.flat()) fb.set(accumulator, fb.f32x4(0));
  const [a, b] = [fb.i32(0), fb.i32(4 * depth * tile.rows)];
  fb.loop(fb.i32(0), times, { role: 'tile', name: 'time' }, () =>
    emitTile({ fb, relaxed }, tile, accumulators, a, { panel: b }, fb.i32(depth)),
  );
  // Nothing that is stored is left out.
  accumulators
    .flat()
    .forEach((accumulator, i) => fb.store(op.v128Store, { base: a, offset: 16 * i }, fb.get(accumulator)));
  return fb.finish();
}
