/** What a node makes of the messages that reach it. Their order never changes a bit. */
import { ones, segmentMax, segmentMean, segmentSoftmax, segmentSum, type Tensor } from '@hebb/tensor';
import { oneOf, type Check } from '@hebb/tensor/arguments';

/** 'softmax': Σ softmax(m) · m, feature by feature (Li et al. 2020, arXiv:2006.07739). */
export type Aggregation = 'sum' | 'mean' | 'max' | 'softmax';

export const requireAggregation: Check = oneOf('sum', 'mean', 'max', 'softmax');

/** Rows [n, …] by segment → [count, …]; 0 for a segment without rows, whatever the aggregation. */
export function aggregate(aggregation: Aggregation, rows: Tensor, segments: Tensor, count: number): Tensor {
  switch (aggregation) {
    case 'sum':
      return segmentSum(rows, segments, count);
    case 'mean':
      return segmentMean(rows, segments, count);
    case 'softmax':
      return segmentSum(segmentSoftmax(rows, segments, count).mul(rows), segments, count);
    case 'max': {
      const found = segmentSum(ones([rows.shape[0] ?? 0]), segments, count).greater(0);
      const shape = rows.shape.map((_, axis) => (axis === 0 ? count : 1));
      return found.reshape(shape).where(segmentMax(rows, segments, count), 0);
    }
  }
}
