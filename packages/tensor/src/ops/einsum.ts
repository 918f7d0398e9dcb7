/** Einstein's sums over any number of operands, as a sequence of matrix products. */
import { requireString } from '../arguments/index.ts';
import { ArgumentError, ShapeError } from '../graph/errors.ts';
import { sizeOf, isFloat } from '../graph/types.ts';
import { requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { compose, type CompositeDefinition } from './compose.ts';
import { diagonal } from './diagonals.ts';
import { matmul } from './linalg.ts';
import { permute, reshape } from './movement.ts';
import { commonDType } from './operands.ts';

/** A tensor with a name for each of its axes, no name twice. */
interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/** The names of a term's axes: letters; '…' stands where the ellipsis is. */
type Term = readonly string[];

/**
 * Σ of products of elements, written with a letter for each axis: operands separated by commas, then `->` and the axes of the result. Over letters that the
 * result does not name is summed; a letter twice in one operand takes its diagonal. `...` stands for all further axes of an operand, aligned from the right and
 * broadcast; extents of 1 broadcast under a letter, too. Without `->` the result has the axes of the ellipsis and then, in alphabetic order (capitals first), the letters that
 * stand once. Spaces do not count. The dtype is as that of {@link matmul}.
 *
 * Several operands are multiplied in pairs, each time those whose product has the fewest elements beyond its factors' (opt_einsum's greedy order).
 *
 * Throws {@link ArgumentError} for an equation that cannot be read or that names what no operand has, {@link ShapeError} where it does not fit the operands.
 *
 * ```ts
 * const a = tensor([[1, 2], [3, 4]]);
 * await einsum('ij,j->i', a, tensor([5, 6])).toArray(); // [17, 39]
 * await einsum('ii', a).item(); // 5
 * await einsum('i,j,ij->', tensor([1, 1]), tensor([1, 2]), a).item(); // 16
 * einsum('...qd,...kd->...qk', zeros([8, 4, 5, 16]), zeros([4, 7, 16])).shape; // [8, 4, 5, 7]
 * ```
 */
export function einsum(equation: string, ...operands: Tensor[]): Tensor {
  requireString('einsum', 'the equation', equation);
  operands.forEach((x, i) => requireTensor('einsum', `operand ${i}`, x));
  const { terms } = parse(equation);
  if (terms.length !== operands.length || operands.length === 0) {
    throw new ArgumentError(
      `[einsum] '${equation}' is of ${terms.length} operand${terms.length === 1 ? '' : 's'}, and there are ${operands.length}.`,
    );
  }
  return compose(einsumDefinition, { equation }, operands);
}

/** Attributes hold the equation. */
export const einsumDefinition: CompositeDefinition<{ equation: string }> = {
  name: 'einsum',
  body: ({ equation }, ...operands) => contracted(equation, operands),
};

function contracted(equation: string, operands: readonly Tensor[]): Tensor {
  const { terms, output } = parse(equation);
  const dtype = operands.map((x) => x.dtype).reduce(commonDType);
  // Sums in float32, which are rounded once, and in int32.
  const computed = isFloat(dtype) ? 'float32' : 'int32';
  const named = operands.map((x, i) => ({ x: x.to(computed), labels: labelsOf(equation, x, i, terms[i] ?? []) }));
  const result = outputLabels(equation, named, output);
  let factors = withoutBroadcasts(
    equation,
    named.map((one, i) => diagonalOf(equation, one, i)),
  );
  while (factors.length > 1) {
    const [i, j] = cheapestPair(factors, result);
    const rest = factors.filter((_, at) => at !== i && at !== j);
    factors = [...rest, product(factors[i] as Labelled, factors[j] as Labelled, neededBy(rest, result))];
  }
  const { x, labels } = summedTo(factors[0] as Labelled, new Set(result));
  const value = permute(
    x,
    result.map((label) => labels.indexOf(label)),
  );
  return dtype === 'bool' ? value : value.to(dtype);
}

function parse(equation: string): { terms: Term[]; output: Term | undefined } {
  const [left = '', right, ...more] = equation.replaceAll(' ', '').split('->');
  const term = (text: string): Term => {
    if (!/^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/.test(text)) {
      const wrong = /[^a-zA-Z.]/u.exec(text)?.[0];
      throw new ArgumentError(
        `[einsum] '${equation}' has ${wrong === undefined ? 'dots' : `'${wrong}'`} where a letter or one '...' should be.`,
        { hint: "Write a letter for each axis, operands separated by commas, as in 'ij,jk->ik'." },
      );
    }
    return text.replace('...', '…').split('');
  };
  if (more.length > 0) throw new ArgumentError(`[einsum] '${equation}' has more than one '->'.`);
  const output = right === undefined ? undefined : term(right);
  const twice = output?.find((label, i) => output.indexOf(label) !== i);
  if (twice !== undefined) throw new ArgumentError(`[einsum] the result of '${equation}' names '${twice}' twice.`);
  return { terms: left.split(',').map(term), output };
}

/** The axes of an ellipsis are named by their place from the right. */
function ellipsis(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `…${count - i}`);
}

function labelsOf(equation: string, x: Tensor, index: number, term: Term): string[] {
  const letters = term.filter((label) => label !== '…').length;
  if (letters === term.length ? x.ndim !== letters : x.ndim < letters) {
    throw new ShapeError(
      `[einsum] '${equation}' names ${letters} ax${letters === 1 ? 'is' : 'es'} of operand ${index}, which is ${x}.`,
      letters < x.ndim ? { hint: "'...' stands for the axes that are not named." } : {},
    );
  }
  return term.flatMap((label) => (label === '…' ? ellipsis(x.ndim - letters) : [label]));
}

function outputLabels(equation: string, operands: readonly Labelled[], output: Term | undefined): string[] {
  const all = operands.flatMap(({ labels }) => labels);
  const further = ellipsis(
    Math.max(0, ...operands.map(({ labels }) => labels.filter((l) => l.startsWith('…')).length)),
  );
  if (output === undefined) {
    const once = all.filter((label) => !label.startsWith('…') && all.indexOf(label) === all.lastIndexOf(label));
    return [...further, ...once.sort((a, b) => (a < b ? -1 : 1))];
  }
  const unknown = output.find((label) => label !== '…' && !all.includes(label));
  if (unknown !== undefined)
    throw new ArgumentError(`[einsum] the result of '${equation}' names '${unknown}', which no operand has.`);
  return output.flatMap((label) => (label === '…' ? further : [label]));
}

/** Axes of one name become their diagonal. */
function diagonalOf(equation: string, { x, labels }: Labelled, index: number): Labelled {
  const first = labels.findIndex((label, i) => labels.indexOf(label, i + 1) >= 0);
  if (first < 0) return { x, labels };
  const label = labels[first] ?? '';
  const second = labels.indexOf(label, first + 1);
  if (x.shape[first] !== x.shape[second]) {
    throw new ShapeError(
      `[einsum] '${equation}' takes a diagonal over '${label}' of operand ${index}, whose extents ${x.shape[first]} and ${x.shape[second]} differ.`,
    );
  }
  const rest = labels.filter((_, i) => i !== first && i !== second);
  return diagonalOf(equation, { x: diagonal(x, 0, first, second), labels: [...rest, label] }, index);
}

/** Operands without the axes of extent 1 that are longer in others: they do not depend on them. */
function withoutBroadcasts(equation: string, operands: readonly Labelled[]): Labelled[] {
  const extents = new Map<string, number>();
  for (const { x, labels } of operands) {
    labels.forEach((label, axis) => {
      const extent = x.shape[axis] ?? 1;
      const known = extents.get(label) ?? 1;
      if (extent !== 1 && known !== 1 && extent !== known) {
        throw new ShapeError(
          `[einsum] '${equation}' gives ${label.startsWith('…') ? "an axis of '...'" : `'${label}'`} the extents ${known} and ${extent}: ${operands.map((one) => one.x.toString()).join(', ')}.`,
        );
      }
      if (known === 1) extents.set(label, extent);
    });
  }
  return operands.map(({ x, labels }) => {
    const kept = labels.flatMap((label, axis) => (x.shape[axis] === (extents.get(label) ?? 1) ? [axis] : []));
    return {
      x: reshape(
        x,
        kept.map((axis) => x.shape[axis] ?? 1),
      ),
      labels: kept.map((axis) => labels[axis] ?? ''),
    };
  });
}

/** The names that others need, and the result. */
function neededBy(others: readonly Labelled[], result: readonly string[]): Set<string> {
  return new Set([...result, ...others.flatMap(({ labels }) => labels)]);
}

/** The positions of the two operands to multiply next. */
function cheapestPair(factors: readonly Labelled[], result: readonly string[]): [number, number] {
  let best: [number, number] = [0, 1];
  let least = Infinity;
  for (let j = 1; j < factors.length; j++) {
    for (let i = 0; i < j; i++) {
      const [a, b] = [factors[i] as Labelled, factors[j] as Labelled];
      const needed = neededBy(
        factors.filter((_, at) => at !== i && at !== j),
        result,
      );
      const extents = new Map(
        [a, b].flatMap(({ x, labels }) => labels.map((label, axis) => [label, x.shape[axis] ?? 1])),
      );
      const size = sizeOf([...extents].filter(([label]) => needed.has(label)).map(([, extent]) => extent));
      const growth = size - a.x.size - b.x.size;
      if (growth >= least) continue;
      least = growth;
      best = [i, j];
    }
  }
  return best;
}

/** The sum over axes whose names are not needed. */
function summedTo({ x, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const axes = labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  if (axes.length === 0) return { x, labels };
  return { x: x.sum(axes), labels: labels.filter((label) => needed.has(label)) };
}

/** The product of two operands, summed over what they share and nobody needs. */
function product(left: Labelled, right: Labelled, needed: ReadonlySet<string>): Labelled {
  const a = summedTo(left, new Set([...needed, ...right.labels]));
  const b = summedTo(right, new Set([...needed, ...left.labels]));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label));
  const contracted = shared.filter((label) => !needed.has(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const labels = [...batch, ...rows, ...columns];
  const extents = (of: Labelled, names: readonly string[]): number[] =>
    names.map((label) => of.x.shape[of.labels.indexOf(label)] ?? 1);
  const shape = [...extents(a, [...batch, ...rows]), ...extents(b, columns)];
  const arranged = (of: Labelled, names: readonly string[], target: readonly number[]): Tensor =>
    reshape(
      permute(
        of.x,
        names.map((label) => of.labels.indexOf(label)),
      ),
      target,
    );
  const outer = extents(a, batch);
  const [m, k, n] = [extents(a, rows), extents(a, contracted), extents(b, columns)];
  // Without a sum, or with nothing else, a matrix product would only be a slower way to multiply element by element.
  if (k.length === 0 || (m.length === 0 && n.length === 0)) {
    const ones = (extent: readonly number[]): number[] => extent.map(() => 1);
    const x = arranged(a, [...batch, ...rows, ...contracted], [...outer, ...m, ...ones(n), ...k]).mul(
      arranged(b, [...batch, ...columns, ...contracted], [...outer, ...ones(m), ...n, ...k]),
    );
    const axes = k.map((_, i) => labels.length + i);
    return { x: axes.length === 0 ? x : x.sum(axes), labels };
  }
  const x = matmul(
    arranged(a, [...batch, ...rows, ...contracted], [...outer, sizeOf(m), sizeOf(k)]),
    arranged(b, [...batch, ...contracted, ...columns], [...outer, sizeOf(k), sizeOf(n)]),
  );
  return { x: reshape(x, shape), labels };
}
