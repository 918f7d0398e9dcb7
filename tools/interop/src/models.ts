/** The models that exist on both sides, by the names of their files. */
import { generate, type AnyModule } from '../../../packages/layers/src/index.ts';
import { GPT2, ResNet } from '../../../packages/architectures/src/index.ts';
import { concat, tensor, type Tensor } from '../../../packages/tensor/src/index.ts';
import { integers, numbers } from './formula.ts';
import { SequenceClassifier } from './lstm.ts';
import { Translator } from './transformer.ts';

export interface Both<M extends AnyModule = AnyModule> {
  readonly make: () => M;
  /** What is compared, for the inputs of the formula. */
  readonly output: (model: M) => Tensor | Promise<Tensor>;
  /** Whether it is so large that it is compared only where it is named. */
  readonly isLarge: boolean;
}

const both = <M extends AnyModule>(
  make: () => M,
  output: (model: M) => Tensor | Promise<Tensor>,
  isLarge = false,
): Both => ({ make, output, isLarge }) as unknown as Both;

/** Logits of a text and of what the model goes on with, the likeliest token eight times, written with caches. */
async function written(model: GPT2, ids: Tensor): Promise<Tensor> {
  const tokens: number[] = [];
  for await (const token of generate(model, Array.from(await ids.data(), Number), { maxTokens: 8, temperature: 0 }))
    tokens.push(token);
  return model.forward(concat([ids, tensor(Int32Array.from(tokens), { shape: [1, tokens.length] })], 1));
}

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
    () => new GPT2({ vocabulary: 50, contextLength: 24, width: 32, heads: 4, layers: 2 }),
    (model) => model.forward(integers('ids', 50, 2, 12)),
  ),
  gpt2_124m: both(
    () => new GPT2(),
    (model) => written(model, integers('ids', 50257, 1, 24)),
    true,
  ),
  transformer: both(
    () => new Translator(),
    (model) => model.forward(integers('source', 40, 2, 7), integers('target', 40, 2, 5)),
  ),
};
