/**
 * The main loop of a contraction for adapters that run shaders on the processor: every thread reads its rows and columns
 * straight from memory. Caches do there what shared memory does elsewhere, and a barrier costs more than it saves.
 */
import type { Operand } from '../../compiler/kernel.ts';
import type { Axis } from '../../compiler/index-expression.ts';
import type { Emitter, Value } from '../wgsl/emitter.ts';
import { mergeAxes, takeApart } from './axes.ts';
import { outerProduct, type TiledContraction } from './contraction-tile.ts';
import { emitLoops, flatLoops, nestedLoops } from './loops.ts';
import { addOperand, emptyUses } from './traverse.ts';

/** Writes the loop; it needs no module-scope variables. */
export function emitDirectLoop(emitter: Emitter, contraction: TiledContraction): string[] {
  const { kernel, tile, m, n, split, accumulators } = contraction;
  const uses = emptyUses();
  addOperand(kernel.left, uses);
  addOperand(kernel.right, uses);
  const batch = new Map<Axis, Value>();
  takeApart(emitter, { text: 'batch', depth: 0, literal: false }, mergeAxes(kernel.batch, uses.indices), batch);
  const rows = places(emitter, kernel.m, kernel.left, `tileM + threadM * ${tile.threadM}`, tile.threadM);
  const columns = places(emitter, kernel.n, kernel.right, `tileN + threadN * ${tile.threadN}`, tile.threadN);

  const groups = mergeAxes(kernel.k, uses.indices);
  const loops =
    split === undefined
      ? nestedLoops(emitter, groups)
      : flatLoops(emitter, { start: 'first', stop: 'last', step: 1, count: split.length }, groups);
  const nothing = { before: () => [], after: () => [] };
  emitLoops(emitter, loops, nothing, (k) => {
    const fetch = (operand: Operand, place: ReadonlyMap<Axis, Value>, ragged: boolean): string => {
      let text = '';
      emitter.overrun = ragged;
      emitter.withAxes(new Map([...batch, ...place, ...k]), () => {
        text = guardedLoad(emitter, operand, []).text;
      });
      emitter.overrun = false;
      return text;
    };
    const column = rows.map((place) => fetch(kernel.left, place, m % tile.m !== 0));
    const scalars = columns.map((place) => fetch(kernel.right, place, n % tile.n !== 0));
    const row = accumulators[0]?.map((_, j) => {
      const text = `vec4<f32>(${scalars.slice(4 * j, 4 * j + 4).join(', ')})`;
      return emitter.define(text, Infinity).text;
    });
    emitter.write(...outerProduct(column, row ?? [], accumulators));
  });
  return [];
}

/** The axes at `count` consecutive rows from `first`. */
function places(
  emitter: Emitter,
  axes: readonly Axis[],
  operand: Operand,
  first: string,
  count: number,
): Map<Axis, Value>[] {
  const uses = emptyUses();
  addOperand(operand, uses);
  const groups = mergeAxes(axes, uses.indices);
  const base = emitter.define(first, 0);
  return Array.from({ length: count }, (_, i) => {
    const variables = new Map<Axis, Value>();
    takeApart(emitter, i === 0 ? base : emitter.define(`${base.text} + ${i}`, 0), groups, variables);
    return variables;
  });
}

/** The operand's element, 0 where a guard or one of the further tests fails. */
export function guardedLoad(emitter: Emitter, operand: Operand, tests: readonly Value[]): Value {
  const inside = emitter.inside(operand.guards);
  const value = emitter.load(operand.buffer, operand.index);
  const all = inside === undefined ? tests : [...tests, inside];
  if (all.length === 0) return value;
  const condition = emitter.conjunction(all);
  return emitter.define(`select(0f, ${value.text}, ${condition.text})`, Math.max(value.depth, condition.depth));
}
