/**
 * Schedule of large contractions: a workgroup computes a tile of results, and every thread keeps a block of the tile in
 * registers. Operands are fetched through their own index and guards, so that a convolution is a matrix product whose
 * matrix exists nowhere (implicit GEMM: Chetlur et al., "cuDNN", 2014). No extent has to be divisible by anything.
 */
import type { ContractionKernel } from '../../compiler/kernel.ts';
import type { Axis } from '../../compiler/index-expression.ts';
import type { Tile } from '../profile.ts';
import { Emitter, type Value } from '../wgsl/emitter.ts';
import { assemble, gridOf, groupNumber, indent, type Shader } from '../wgsl/shader.ts';
import { mergeAxes, takeApart } from './axes.ts';
import type { BindingPlan } from './bindings.ts';
import { emitDirectLoop } from './contraction-direct.ts';
import { emitSharedLoop } from './contraction-shared.ts';
import { threadsOf, type Split, type TiledContraction } from './contraction-tile.ts';
import type { Target } from './map.ts';
import { addStores, emptyUses, pointCount } from './traverse.ts';

export function renderContraction(
  kernel: ContractionKernel,
  plan: BindingPlan,
  target: Target,
  tile: Tile,
  split: Split | undefined,
): Shader {
  const contraction: TiledContraction = {
    kernel,
    tile,
    split,
    m: pointCount(kernel.m),
    n: pointCount(kernel.n),
    k: pointCount(kernel.k),
    batch: pointCount(kernel.batch),
    accumulators: accumulatorNames(tile),
  };
  const { m, n, batch } = contraction;
  const tilesM = Math.ceil(m / tile.m);
  const tilesN = Math.ceil(n / tile.n);
  const total = tilesM * tilesN * batch * (split?.parts ?? 1);
  const grid = gridOf(total, target.limits.workgroupsPerDimension);

  const emitter = new Emitter(plan.views, target.profile.unroll);
  emitter.write(`let tile = i32(${groupNumber(grid)});`);
  if (grid[0] * grid[1] !== total) emitter.write(`if (tile >= ${total}) { return; }`);
  emitter.write(
    `let tileN = (tile % ${tilesN}) * ${tile.n};`,
    `let tileM = (tile / ${tilesN} % ${tilesM}) * ${tile.m};`,
    `let place = tile / ${tilesN * tilesM};`,
    `let threadN = i32(lane % ${tile.n / tile.threadN}u);`,
    `let threadM = i32(lane / ${tile.n / tile.threadN}u);`,
  );
  if (split === undefined) emitter.write('let batch = place;');
  else {
    emitter.write(
      `let batch = place % ${batch};`,
      `let first = place / ${batch} * ${split.length};`,
      `let last = min(first + ${split.length}, ${contraction.k});`,
    );
  }
  emitter.write(...contraction.accumulators.flat().map((name) => `var ${name} = vec4<f32>();`));
  const variables = tile.k === 0 ? emitDirectLoop(emitter, contraction) : emitSharedLoop(emitter, contraction);
  emitEpilogue(emitter, contraction);
  const threads = threadsOf(tile);
  return assemble({ emitter, bindings: plan.declarations, variables, threads, grid, body: emitter.body });
}

function accumulatorNames(tile: Tile): string[][] {
  return Array.from({ length: tile.threadM }, (_, i) =>
    Array.from({ length: tile.threadN / 4 }, (_, j) => `c${i}_${j}`),
  );
}

/** Stores the thread's block in a loop, so that a long epilogue is written once. */
function emitEpilogue(emitter: Emitter, { kernel, tile, accumulators, m, n, split }: TiledContraction): void {
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
    // `place` counts parts and batches together.
    emitter.write(emitter.storeAt(split.buffer, `(place * ${m} + row) * ${n} + column`, result));
  } else {
    emitter.results = [result];
    const uses = emptyUses();
    addStores(kernel.stores, uses);
    const variables = new Map<Axis, Value>();
    const local = (text: string, at: number): Value => ({ text, depth: at, literal: false });
    takeApart(emitter, local('batch', 0), mergeAxes(kernel.batch, uses.indices), variables);
    takeApart(emitter, local('row', depth), mergeAxes(kernel.m, uses.indices), variables);
    takeApart(emitter, local('column', depth), mergeAxes(kernel.n, uses.indices), variables);
    emitter.withAxes(variables, () => {
      const values = kernel.stores.map(({ value }) => emitter.expression(value));
      const statements = kernel.stores.map(({ buffer, index }, i) => emitter.store(buffer, index, values[i] as Value));
      emitter.write(...statements);
    });
  }
  const lines = emitter.close();
  emitter.write(`for (var e = 0; e < ${emitter.bound(count)}; e++) {`, ...indent(lines), '}');
}
