/**
 * Strided convolutions run backwards read an element only where (position − tap) is a multiple of the stride: of the products that the
 * index space spans all but one in stride² are zero. This splits such a kernel by the residue of the output position, so that each part
 * runs over the matching taps alone, with plain strides and no remainder left in its indices.
 */
import {
  addIndex,
  axisIndex,
  constantIndex,
  greatestCommonDivisor,
  makeAxis,
  scaleIndex,
  type Axis,
  type Index,
} from './index-expression.ts';
import type { Condition, ContractionKernel, Expression, Operand, ReduceKernel } from './kernel.ts';
import { Rewriter } from './rewriter.ts';

/** More parts than this are not worth their code. */
const MOST_PARTS = 16;

interface Candidate {
  readonly output: Axis;
  /** The summed axis, if the remainder depends on one. */
  readonly summed: Axis | undefined;
  readonly divisor: number;
  /** outputStride · output + summedStride · summed + constant ≡ 0 (mod divisor) */
  readonly outputStride: number;
  readonly summedStride: number;
  readonly constant: number;
}

function findCandidate(
  conditions: readonly Condition[],
  outputs: readonly Axis[],
  summed: readonly Axis[],
): Candidate | undefined {
  for (const { index, lower, upper } of conditions) {
    const [term] = index.terms;
    if (index.terms.length !== 1 || term?.coefficient !== 1 || index.constant !== 0 || upper - lower !== 1) continue;
    const { atom } = term;
    if (atom.kind !== 'mod') continue;
    const relevant = atom.index.terms.filter(({ coefficient }) => coefficient % atom.divisor !== 0);
    const output = relevant.filter((part) => part.atom.kind === 'axis' && outputs.includes(part.atom));
    const inner = relevant.filter((part) => part.atom.kind === 'axis' && summed.includes(part.atom));
    // Nobody knows where an open axis ends.
    if (relevant.some(({ atom: part }) => part.kind === 'axis' && part.open !== undefined)) continue;
    if (output.length !== 1 || inner.length > 1 || output.length + inner.length !== relevant.length) continue;
    return {
      output: output[0]?.atom as Axis,
      summed: inner[0]?.atom as Axis | undefined,
      divisor: atom.divisor,
      outputStride: output[0]?.coefficient ?? 0,
      summedStride: inner[0]?.coefficient ?? 0,
      constant: atom.index.constant - lower,
    };
  }
  return undefined;
}

interface Part {
  readonly replacements: ReadonlyMap<Axis, Index>;
  readonly axes: ReadonlyMap<Axis, Axis>;
}

/** axis = step · piece + first */
function piece(axis: Axis, step: number, first: number): { axis: Axis; index: Index } {
  const part = makeAxis(Math.max(0, Math.ceil((axis.extent - first) / step)));
  return { axis: part, index: addIndex(scaleIndex(axisIndex(part), step), constantIndex(first)) };
}

function partsOf({ output, summed, divisor, outputStride, summedStride, constant }: Candidate): Part[] {
  const period = divisor / greatestCommonDivisor(divisor, outputStride);
  const step = summed === undefined ? 1 : divisor / greatestCommonDivisor(divisor, summedStride);
  const parts: Part[] = [];
  for (let residue = 0; residue < Math.min(period, output.extent); residue++) {
    const outer = piece(output, period, residue);
    let first = 0;
    while (first < step && (outputStride * residue + summedStride * first + constant) % divisor !== 0) first++;
    const replacements = new Map<Axis, Index>([[output, outer.index]]);
    const axes = new Map<Axis, Axis>([[output, outer.axis]]);
    if (summed !== undefined) {
      // No tap matches: an empty axis.
      const inner = piece(summed, step, first < step ? first : summed.extent);
      replacements.set(summed, inner.index);
      axes.set(summed, inner.axis);
    } else if (first === step) continue;
    parts.push({ replacements, axes });
  }
  return parts;
}

const renamed = (axes: readonly Axis[], part: Part): Axis[] => axes.map((axis) => part.axes.get(axis) ?? axis);

export function splitContraction(kernel: ContractionKernel, most: number = MOST_PARTS): readonly ContractionKernel[] {
  const outputs = [...kernel.batch, ...kernel.m, ...kernel.n];
  const candidate = findCandidate([...kernel.left.guards, ...kernel.right.guards], outputs, kernel.k);
  if (candidate?.summed === undefined) return [kernel];
  const parts = partsOf(candidate);
  if (parts.length > most) return [kernel];
  return parts.flatMap((part) => {
    const rewriter = new Rewriter({ axes: part.replacements });
    const rewrite = ({ buffer, index, guards }: Operand): Operand => ({
      buffer,
      index: rewriter.index(index),
      guards: rewriter.conditions(guards),
    });
    const half: ContractionKernel = {
      ...kernel,
      batch: renamed(kernel.batch, part),
      m: renamed(kernel.m, part),
      n: renamed(kernel.n, part),
      k: renamed(kernel.k, part),
      left: rewrite(kernel.left),
      right: rewrite(kernel.right),
      stores: rewriter.stores(kernel.stores),
    };
    return splitContraction(half, Math.floor(most / parts.length));
  });
}

/** The same for sums of `select(inside(…), value, 0)`, the transpose of sliding windows. */
export function splitReduction(kernel: ReduceKernel, most: number = MOST_PARTS): readonly ReduceKernel[] {
  const [reducer] = kernel.reducers;
  if (kernel.reducers.length !== 1 || reducer?.operator !== 'sum') return [kernel];
  const conditions = zeroOutside(reducer.value);
  const candidate = findCandidate(conditions, kernel.axes, kernel.reduceAxes);
  if (candidate?.summed === undefined) return [kernel];
  const parts = partsOf(candidate);
  if (parts.length > most) return [kernel];
  return parts.flatMap((part) => {
    const rewriter = new Rewriter({ axes: part.replacements });
    const half: ReduceKernel = {
      ...kernel,
      axes: renamed(kernel.axes, part),
      reduceAxes: renamed(kernel.reduceAxes, part),
      reducers: [{ operator: 'sum', value: rewriter.expression(reducer.value) }],
      stores: rewriter.stores(kernel.stores),
    };
    return splitReduction(half, Math.floor(most / parts.length));
  });
}

/** Conditions without which the expression is 0. */
function zeroOutside(expression: Expression): readonly Condition[] {
  if (expression.kind !== 'select' || expression.condition.kind !== 'inside') return [];
  const { ifFalse } = expression;
  return ifFalse.kind === 'constant' && ifFalse.value === 0 ? expression.condition.conditions : [];
}
