/** One step of training: gradients, clipping, update. */
import { valueAndGrad } from '@hebb/autograd';
import { ArgumentError, Tensor } from '@hebb/tensor';
import { checkOptions, isPlain, requireFunction, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import { clipGradientNorm, clipGradientValue } from './clipping.ts';
import { gatheringOf, requireGradientSteps, scalingOf, stepNow, type TrainingOptimizer } from './training-optimizer.ts';

export interface MinimizeOptions {
  /** The largest norm of all gradients together; see {@link clipGradientNorm}. Default: none. */
  clipNorm?: number;
  /** The largest absolute value in a gradient, before the norm; see {@link clipGradientValue}. Default: none. */
  clipValue?: number;
}

const minimizeOptions: OptionNames<MinimizeOptions> = { clipNorm: true, clipValue: true };

/**
 * Takes one step down a loss: its gradients with respect to `optimizer.parameters`, clipped where asked for, and `optimizer.step`. Returns
 * what `lossFunction` did: the loss, or an object with it as `loss` (and outputs, other losses, whatever you like).
 *
 * All of it is recorded, inside `compile` as outside. Several optimizers may take a step each in one compiled function; a later one sees what
 * an earlier one changed.
 *
 * Throws {@link ArgumentError} where the loss depends on none of the parameters, where all of them are frozen, and for an optimizer whose steps are no part of a recording: {@link LBFGS}
 * and others that are asynchronous.
 *
 * ```ts
 * const weight = variable(tensor([3, 4]), { requiresGrad: true });
 * const optimizer = new SGD([weight], { learningRate: 0.5 });
 * const step = compile(() => minimize(optimizer, () => weight.square().sum()));
 * await step().item(); // 25
 * await weight.toArray(); // [0, 0]
 * ```
 */
export function minimize<R extends Tensor | { readonly loss: Tensor }>(
  optimizer: Pick<TrainingOptimizer, 'parameters' | 'step'>,
  lossFunction: () => R,
  options: MinimizeOptions = {},
): R {
  requireGradientSteps('minimize', optimizer);
  requireFunction('minimize', 'the loss function', lossFunction);
  checkOptions('minimize', options, minimizeOptions);
  const { parameters } = optimizer;
  if (parameters.size === 0) {
    throw new ArgumentError('[minimize] all parameters of the optimizer are frozen; there is nothing to train.', {
      hint: 'Call unfreeze() on the part of the model that is to be trained.',
    });
  }
  let result: R | undefined;
  const scaling = scalingOf(optimizer);
  const loss = (): Tensor => lossOf((result = lossFunction()));
  const { grads } = valueAndGrad(() => scaling?.scaled(loss()) ?? loss(), parameters);
  const { clipNorm, clipValue } = options;
  const gathering = clipNorm === undefined && clipValue === undefined ? undefined : gatheringOf(optimizer);
  if (gathering === undefined) stepNow('minimize', optimizer, clipped(grads, options));
  else
    gathering.changing(
      (means) => clipped(means, options),
      () => stepNow('minimize', optimizer, grads),
    );
  return result as R;
}

function clipped(
  gradients: ReadonlyMap<string, Tensor>,
  { clipNorm, clipValue }: MinimizeOptions,
): ReadonlyMap<string, Tensor> {
  const bounded = clipValue === undefined ? gradients : clipGradientValue(gradients, clipValue);
  return clipNorm === undefined ? bounded : clipGradientNorm(bounded, clipNorm).grads;
}

function lossOf(result: unknown): Tensor {
  if (result instanceof Tensor) return result;
  const loss: unknown = isPlain(result) ? (result as { readonly loss?: unknown }).loss : undefined;
  if (loss instanceof Tensor) return loss;
  const expected = 'a tensor, the loss, or an object with the tensor loss';
  throw wrongArgument('minimize', 'the result of the loss function', expected, result, 'Record the loss in the function and return it; it must not be async.'); // prettier-ignore
}
