/**
 * Parts of tensors side by side (concatenations, rolls, borders) are choices by position: every element would look at all parts, through loads that must
 * not leave their buffers. This cuts the axes of such a map where a choice changes, so that each piece reads one part, plainly.
 */
import { forEachExpression, mapExpression, visitInOrder } from '../compiler/expressions.ts';
import { addIndex, axisIndex, constantIndex, makeAxis, type Axis, type Index } from '../compiler/index-expression.ts';
import type { Condition, Expression, MapKernel } from '../compiler/kernel.ts';
import { Rewriter } from '../compiler/rewriter.ts';
import { isAlways } from './address.ts';
import { product } from './blocks.ts';

/** Pieces at most; they are code. */
const mostPieces = 32;
/** Elements of a piece, on average, from which on its code pays. */
const leastElements = 1024;
/** Expressions of all pieces together at most. */
const mostExpressions = 1024;

/** One part in a border of constants is a load with a mask; windows over one are many. */
const fewestBorders = 2;

/** The kernels, over pieces of the space, that a map is run as. */
export function splitMap(kernel: MapKernel): readonly MapKernel[] {
  const roots = kernel.stores.map(({ value }) => value);
  const cuts = new Map<Axis, Set<number>>();
  let choices = 0;
  let borders = 0;
  let size = 0;
  forEachExpression(roots, (expression) => {
    size++;
    if (expression.kind !== 'select' || expression.condition.kind !== 'inside') return;
    const conditions = expression.condition.conditions.filter((condition) => !isAlways(condition));
    const found = conditions.map((condition) => boundariesOf(condition, kernel.axes));
    if (found.includes(undefined)) return;
    const isBorder = expression.ifTrue.kind === 'constant' || expression.ifFalse.kind === 'constant';
    if (isBorder) borders++;
    else choices++;
    for (const boundaries of found) {
      if (boundaries === undefined) continue;
      const own = cuts.get(boundaries.axis) ?? new Set();
      for (const at of boundaries.at) if (at > 0 && at < boundaries.axis.extent) own.add(at);
      cuts.set(boundaries.axis, own);
    }
  });
  const pieces = [...cuts.values()].reduce((total, at) => total * (at.size + 1), 1);
  if ((choices === 0 && borders < fewestBorders) || pieces === 1 || pieces > mostPieces) return [kernel];
  if (product(kernel.axes) < leastElements * pieces || size * pieces > mostExpressions) return [kernel];
  let parts: readonly MapKernel[] = [kernel];
  for (const [axis, at] of cuts)
    parts = parts.flatMap((part) =>
      cut(
        part,
        axis,
        [...at].sort((a, b) => a - b),
      ),
    );
  return parts;
}

/** Where along which axis the condition changes, if it depends on one alone. */
function boundariesOf(
  { index, lower, upper }: Condition,
  axes: readonly Axis[],
): { axis: Axis; at: number[] } | undefined {
  const [term] = index.terms;
  if (index.terms.length !== 1 || term?.atom.kind !== 'axis' || !axes.includes(term.atom)) return undefined;
  const { atom: axis, coefficient } = term;
  // Nobody knows where an open axis ends.
  if (axis.open !== undefined) return undefined;
  if (coefficient === 1) return { axis, at: [lower - index.constant, upper - index.constant] };
  if (coefficient === -1) return { axis, at: [index.constant - upper + 1, index.constant - lower + 1] };
  return undefined;
}

function cut(kernel: MapKernel, axis: Axis, at: readonly number[]): MapKernel[] {
  const begins = [0, ...at];
  return begins.map((begin, i) => {
    const piece = makeAxis((at[i] ?? axis.extent) - begin);
    const index: Index = addIndex(axisIndex(piece), constantIndex(begin));
    const rewriter = new Rewriter({ axes: new Map([[axis, index]]) });
    const decided = new Decisions();
    return {
      ...kernel,
      axes: kernel.axes.map((one) => (one === axis ? piece : one)),
      stores: rewriter.stores(kernel.stores).map((store) => ({ ...store, value: decided.expression(store.value) })),
    };
  });
}

/** Copies of expressions without what the ranges of their axes decide. */
class Decisions {
  readonly #known = new Map<Expression, Expression>();

  readonly expression = (expression: Expression): Expression => {
    visitInOrder(
      expression,
      (candidate) => this.#known.has(candidate),
      (next) => this.#known.set(next, this.#copy(next)),
    );
    return this.#known.get(expression) ?? expression;
  };

  #copy(expression: Expression): Expression {
    if (expression.kind === 'select') {
      const condition = this.expression(expression.condition);
      if (condition.kind === 'constant')
        return this.expression(condition.value === 0 ? expression.ifFalse : expression.ifTrue);
    }
    const copy = mapExpression(expression, this.expression, (index) => index);
    if (copy.kind === 'load') return { ...copy, guards: copy.guards.filter((guard) => !isAlways(guard)) };
    if (copy.kind !== 'inside') return copy;
    const open = copy.conditions.filter((condition) => !isAlways(condition));
    if (open.some(({ index, lower, upper }) => index.max < lower || index.min >= upper))
      return { kind: 'constant', type: 'bool', value: 0 };
    return open.length === 0 ? { kind: 'constant', type: 'bool', value: 1 } : { ...copy, conditions: open };
  }
}
