/** Tensors whose shapes must fit. */
import { ShapeError, type Tensor } from '@hebb/tensor';

const axisOfOne =
  'Targets of predictions [n, 1] have this shape, too: their field says { data, shape: [1] }. Or leave out the last axis of the predictions: squeeze(-1).';
const otherwise = 'Broadcasting here is nearly always a mistake; reshape or broadcastTo one of them if it is meant.';

/**
 * Tensors that are compared number by number, by their names.
 *
 * @throws ShapeError where their shapes differ; it says what to do where that is by a last axis of one alone
 */
export function requireSameShape(op: string, tensors: Readonly<Record<string, Tensor>>): void {
  const named = Object.entries(tensors);
  const [first, ...others] = named.map(([, x]) => x);
  const different = others.find(({ shape }) => shape.join() !== first?.shape.join());
  if (first === undefined || different === undefined) return;
  const list = named.map(([name, x]) => `${name} ${x}`);
  throw new ShapeError(`[${op}] ${list.slice(0, -1).join(', ')} and ${list.at(-1)} must have the same shape.`, {
    hint: first.shape.join() === [...different.shape, 1].join() ? axisOfOne : otherwise,
  });
}

/** The factors of losses of this shape, as float32. Throws {@link ShapeError} where they do not broadcast to it. */
export function factorsFor(op: string, name: string, factors: Tensor, { shape }: Tensor): Tensor {
  const { length } = shape;
  const fits =
    factors.ndim <= length && factors.shape.every((n, i) => n === 1 || n === shape[length - factors.ndim + i]);
  if (!fits) throw new ShapeError(`[${op}] ${name} must broadcast to the shape [${shape.join(', ')}], not ${factors}.`);
  return factors.to('float32');
}
