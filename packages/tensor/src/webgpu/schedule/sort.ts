/**
 * Schedule of sorting: keys in memory, each block of a row by counting, then rounds that merge neighbouring runs, in which every thread finds
 * its element's place in the other run by bisection. All threads work alone, and equal keys keep their order. (A bitonic network moves every
 * element ½ log² n times, needs rows of a power of two, and a second key to be stable.)
 */
import type { Axis, Index } from '../../compiler/index-expression.ts';
import type { Expression, MapKernel, PlanBuffer, SortKernel } from '../../compiler/kernel.ts';
import { Rewriter } from '../../compiler/rewriter.ts';
import { Emitter } from '../wgsl/emitter.ts';
import { assemble, type Shader } from '../wgsl/shader.ts';
import { bytesOf, type Binding } from './bindings.ts';
import type { Target } from './map.ts';
import type { AddTemporary } from './stages.ts';
import { threadPerPoint } from './points.ts';
import { pointCount, rowMajorIndex } from './traverse.ts';

/** Elements of a block, each of which is compared with all others of its own. */
const blockLength = 32;

/** Keys and positions, row after row. */
export interface SortedRows {
  readonly keys: number;
  readonly positions: number;
}

const axesOf = ({ outer, inner, axis }: SortKernel): Axis[] => [...outer, ...inner, axis];
const placeOf = (kernel: SortKernel): Index => rowMajorIndex(axesOf(kernel));

export function addRows(kernel: SortKernel, add: AddTemporary): SortedRows {
  const size = pointCount(axesOf(kernel));
  return { keys: add('i32', size), positions: add('i32', size) };
}

/** Writes the keys. */
export function writeKeys(kernel: SortKernel, { keys }: SortedRows): MapKernel {
  return {
    kind: 'map',
    name: `${kernel.name}.keys`,
    axes: axesOf(kernel),
    stores: [{ buffer: keys, index: placeOf(kernel), value: kernel.key }],
  };
}

/** Reads the sorted positions and ends with the kernel's own stores. */
export function readPositions(kernel: SortKernel, { positions }: SortedRows): MapKernel {
  const position: Expression = { kind: 'load', type: 'i32', buffer: positions, index: placeOf(kernel), guards: [] };
  const rewriter = new Rewriter({ results: [position] });
  return {
    kind: 'map',
    name: kernel.name,
    axes: [...kernel.outer, kernel.axis, ...kernel.inner],
    stores: rewriter.stores(kernel.stores),
  };
}

/** Lengths of the runs that are merged, round after round; 0 stands for the blocks at the beginning. */
export function sortRounds({ axis }: SortKernel): number[] {
  const rounds = [0];
  for (let run = blockLength; run < axis.extent; run *= 2) rounds.push(run);
  return rounds;
}

export interface Round {
  readonly shader: Shader;
  readonly bindings: readonly Binding[];
}

/** One round, from one copy of the rows to the other. */
export function renderRound(
  kernel: SortKernel,
  run: number,
  [from, to]: readonly [SortedRows, SortedRows],
  buffers: readonly PlanBuffer[],
  target: Target,
): Round {
  const points = pointCount(axesOf(kernel));
  const { extent } = kernel.axis;
  const emitter = new Emitter(new Map(), target.profile.unroll);
  const { threads, grid } = threadPerPoint(emitter, 'flat', points, target);
  emitter.write(
    `let place = flat % ${extent};`,
    'let row = flat - place;',
    'let key = keys[flat];',
    ...(run === 0 ? countLines(extent, emitter) : mergeLines(extent, run)),
    'sorted_keys[row + start + before] = key;',
    `sorted_positions[row + start + before] = ${run === 0 ? 'place' : 'positions[flat]'};`,
  );
  const used = [from.keys, ...(run === 0 ? [] : [from.positions]), to.keys, to.positions];
  const names = ['keys', ...(run === 0 ? [] : ['positions']), 'sorted_keys', 'sorted_positions'];
  const bindings = used.map((position): Binding => {
    const buffer = buffers[position];
    if (buffer?.kind !== 'temporary') throw new Error('internal: rows that are sorted lie in temporaries');
    return { access: 'read_write', parameter: -1, offset: buffer.offset, bytes: bytesOf(buffer), moves: [] };
  });
  const declarations = names.map((name, i) => `@group(0) @binding(${i}) var<storage, read_write> ${name}: array<i32>;`);
  return {
    shader: assemble({ emitter, bindings: declarations, variables: [], threads, grid, body: emitter.body }),
    bindings,
  };
}

/** `start`: where the block begins in its row; `before`: how many elements of it come before this one. */
function countLines(extent: number, emitter: Emitter): string[] {
  return [
    `let start = place - place % ${blockLength};`,
    'var before = 0;',
    `let length = min(${emitter.bound(blockLength)}, ${extent} - start);`,
    'for (var i = 0; i < length; i++) {',
    '  let other = keys[row + start + i];',
    '  if (other < key || (other == key && start + i < place)) { before++; }',
    '}',
  ];
}

/** `start`: where the pair of runs begins in its row; `before`: how many elements of both come before this one. */
function mergeLines(extent: number, run: number): string[] {
  return [
    `let start = place - place % ${2 * run};`,
    `let middle = start + ${run};`,
    'let is_left = place < middle;',
    'var low = select(start, middle, is_left);',
    `var high = select(middle, ${extent}, is_left);`,
    `high = min(high, low + ${run});`,
    'let other = low;',
    'while (low < high) {',
    '  let half = (low + high) / 2;',
    '  let key_there = keys[row + half];',
    '  if (key_there < key || (key_there == key && !is_left)) { low = half + 1; } else { high = half; }',
    '}',
    'let before = place - select(middle, start, is_left) + low - other;',
  ];
}
