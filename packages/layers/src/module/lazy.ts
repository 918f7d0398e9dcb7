/** Layers whose sizes follow from the first input: `initialize` puts a layer of those sizes in the place of each. */
import { ArgumentError, dryRun, type DType, type Tensor } from '@hebb/tensor';
import { checkOptions, type OptionNames } from '@hebb/tensor/arguments';
import { locateRunning } from './forward.ts';
import { callWith, readInputs, zerosFor, type ModelInputs } from './inputs.ts';
import { withMode } from './modes.ts';
import { Module, requireModule, type AnyModule } from './module.ts';
import { UninitializedError } from './uninitialized.ts';
import { takeHooks } from './known.ts';

/**
 * A layer whose sizes follow from its first input. It stands for the layer that {@link create} makes of that input: {@link initialize} puts the
 * new layer in its place, with its mode and hooks. Until then it has no parameters; computing with it, asking for the parameters or the
 * state of a model that holds it, and making an optimizer for one is an {@link UninitializedError}.
 */
export abstract class LazyModule<Inputs extends readonly unknown[] = [x: Tensor], Output = Tensor> extends Module<
  Inputs,
  Output
> {
  #created: Module<Inputs, Output> | undefined;

  /** The layer for such inputs; only their shapes and dtypes are to be looked at. */
  abstract create(...inputs: Inputs): Module<Inputs, Output>;

  override get isInitialized(): boolean {
    return this.#created !== undefined;
  }

  /** Of the layer that has been made. */
  forward(...inputs: Inputs): Output {
    if (this.#created === undefined) {
      locateRunning();
      throw new UninitializedError(this, inputs);
    }
    return this.#created.forward(...inputs);
  }

  /** Makes the layer. Called by {@link initialize}. */
  initializeFrom(inputs: Inputs): Module<Inputs, Output> {
    const created = this.create(...inputs);
    created.training = this.training;
    takeHooks(created, this);
    this.#created = created;
    return created;
  }
}

export interface InitializeOptions {
  /** Of the input. Default float32. */
  dtype?: DType;
}

const initializeOptions: OptionNames<InitializeOptions> = { dtype: true };

/** The extent that stands for a free one. */
const free = 2;

/**
 * Makes the layers for which lazy ones stand (`LazyLinear`, `LazyConv2d`, …), from the shape of the model's input, and puts them in their places
 * (`setMember`). The model is recorded in evaluation mode without computing anything; parameters are drawn in the order in which the layers are
 * called. A model without lazy layers stays as it is.
 *
 * @param inputs - the shape of the one input, or a list with the shape (or `{ shape, dtype }`) of each. A name stands for an extent that is free.
 * @returns the model.
 *
 * Throws {@link ArgumentError} where a lazy layer is not called for such inputs or is not a member of the model, and what `forward` throws.
 *
 * ```ts
 * const model = initialize(new Sequential(new LazyConv2d(8, 3), new ReLU(), new Flatten(), new LazyLinear(10)), ['batch', 1, 8, 8]);
 * model.at(3)?.describe();  // 'Linear 288 → 10'
 * ```
 */
export function initialize<M extends AnyModule>(model: M, inputs: ModelInputs, options: InitializeOptions = {}): M {
  requireModule('initialize', 'the model', model);
  checkOptions('initialize', options, initializeOptions);
  const specs = readInputs('initialize', inputs, options.dtype);
  if (model instanceof LazyModule) {
    throw new ArgumentError(
      `[initialize] ${model.describe()} is not part of a model; there is no place for the layer that it becomes.`,
      {
        hint: 'Make the layer with its sizes, or put it into a model: initialize(new Sequential(layer), inputShape).',
      },
    );
  }
  // Every run meets one layer more; parameters have to be made outside of what is only recorded.
  for (;;) {
    const missing = withMode(model, false, () =>
      firstMissing(() =>
        callWith(
          model,
          zerosFor(specs, () => free),
        ),
      ),
    );
    if (missing === undefined) break;
    const { layer, inputs: given = [] } = missing;
    if (!(layer instanceof LazyModule)) throw missing;
    if (![...model.namedModules().values()].includes(layer)) {
      throw new ArgumentError(`[initialize] the model calls a ${layer.describe()} that it does not hold.`, {
        hint: 'What lies in a private field (#name) cannot be seen or replaced: hold the layer in a field, an array, a Map.',
      });
    }
    replaceEverywhere(model, layer, layer.initializeFrom(given));
  }
  const left = [...model.namedModules()].filter(([, module]) => !module.isInitialized).map(([path]) => path);
  if (left.length > 0) {
    throw new ArgumentError(
      `[initialize] the model does not call ${left.join(', ')} for such an input, so the sizes are not known.`,
      {
        hint: 'Call initialize with inputs for which all layers are used, or make these with their sizes.',
      },
    );
  }
  return model;
}

/** The lazy layer at which a run of `forward` ends. */
function firstMissing(forward: () => unknown): UninitializedError | undefined {
  try {
    dryRun(() => void forward());
  } catch (error) {
    if (error instanceof UninitializedError && error.inputs !== undefined) return error;
    throw error;
  }
  return undefined;
}

/** Puts `next` in every place of `layer`. */
function replaceEverywhere(model: AnyModule, layer: AnyModule, next: AnyModule): void {
  for (;;) {
    const place = [...model.namedModules()].find(([, module]) => module === layer);
    if (place === undefined) return;
    model.setMember(place[0], next);
  }
}
