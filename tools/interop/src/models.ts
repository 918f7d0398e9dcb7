/** The models that exist on both sides, by the names of their files. */
import type { AnyModule } from '../../../packages/layers/src/index.ts';
import { ResNet } from '../../../packages/architectures/src/index.ts';
import type { Tensor } from '../../../packages/tensor/src/index.ts';
import { integers, numbers } from './formula.ts';
import { SequenceClassifier } from './lstm.ts';
import { GPT2 } from './gpt2.ts';
import { Translator } from './transformer.ts';

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
    () => new ResNet({ depth: 18 }),
    (model) => model.forward(numbers('image', 2, 3, 64, 64)),
  ),
  resnet50: both(
    () => new ResNet({ depth: 50 }),
    (model) => model.forward(numbers('image', 2, 3, 64, 64)),
  ),
  gpt2: both(
    () => new GPT2(),
    (model) => model.forward(integers('ids', 50, 2, 12)),
  ),
  transformer: both(
    () => new Translator(),
    (model) => model.forward(integers('source', 40, 2, 7), integers('target', 40, 2, 5)),
  ),
};
