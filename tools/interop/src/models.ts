/** The models that exist on both sides, by the names of their files. */
import type { AnyModule } from '../../../packages/layers/src/index.ts';
import type { Tensor } from '../../../packages/tensor/src/index.ts';
import { integers, numbers } from './formula.ts';
import { SequenceClassifier } from './lstm.ts';
import { ResNet18 } from './resnet18.ts';

export interface Both<M extends AnyModule = AnyModule> {
  readonly make: () => M;
  /** What is compared, for the inputs of the formula. */
  readonly output: (model: M) => Tensor;
}

const both = <M extends AnyModule>(make: () => M, output: (model: M) => Tensor): Both =>
  ({ make, output }) as unknown as Both;

export const models: Readonly<Record<string, Both>> = {
  lstm: both(
    () => new SequenceClassifier(),
    (model) => model.forward(integers('ids', 50, 5, 12), integers('lengths', 12, 5).add(1)),
  ),
  resnet18: both(
    () => new ResNet18(),
    (model) => model.forward(numbers('image', 2, 3, 64, 64)),
  ),
};
