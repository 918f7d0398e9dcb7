/** Predictions and targets that are compared number by number. */
import { ShapeError, type Tensor } from '@hebb/tensor';

const axisOfOne =
  'Targets of predictions [n, 1] have this shape, too: their field says { data, shape: [1] }. Or leave out the last axis of the predictions: squeeze(-1).';
const otherwise = 'Broadcasting here is nearly always a mistake; reshape or broadcastTo one of them if it is meant.';

/** @throws ShapeError for two shapes; it says what to do where they differ by a last axis of one alone */
export function requireSameShape(op: string, name: string, predictions: Tensor, targets: Tensor): void {
  if (predictions.shape.join() === targets.shape.join()) return;
  throw new ShapeError(`[${op}] ${name} ${predictions} and targets ${targets} must have the same shape.`, {
    hint: predictions.shape.join() === [...targets.shape, 1].join() ? axisOfOne : otherwise,
  });
}
