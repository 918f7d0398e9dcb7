/** A sample's layer, ready to be called: lazy ones made, inside of a model that knows it under a path. */
import { initialize, Module, type AnyModule } from '../../../packages/layers/src/index.ts';
import { manualSeed, Tensor } from '../../../packages/tensor/src/index.ts';
import { extentsOf, sizesOf, type Sample } from './sample.ts';

type Call = (layer: AnyModule, ...inputs: Tensor[]) => unknown;

const forward: Call = (layer, ...inputs) =>
  (layer as unknown as { forward(...given: readonly Tensor[]): unknown }).forward(...inputs);

/** A model that holds the layer, as `layer`. */
export class Model extends Module<Tensor[], unknown> {
  layer: AnyModule;
  readonly #call: Call;

  constructor(layer: AnyModule, call: Call) {
    super();
    this.layer = layer;
    this.#call = call;
  }

  forward(...inputs: Tensor[]): unknown {
    return this.#call(this.layer, ...inputs);
  }
}

/** The model of a sample, always with the same parameters. */
export function modelOf(sample: Sample): Model {
  manualSeed(7);
  const model = new Model(sample.make(), (sample.call as Call | undefined) ?? forward);
  const sizes = sizesOf(sample, 0);
  return initialize(
    model,
    sample.inputs.map(({ shape, dtype }) => ({ shape: extentsOf(shape, sizes), dtype })),
  );
}

/** The tensors of a result, by their places in it, in its order. */
export function tensorsIn(result: unknown, place = 'output'): [place: string, value: Tensor][] {
  if (result instanceof Tensor) return [[place, result]];
  if (typeof result !== 'object' || result === null) return [];
  return Object.entries(result).flatMap(([key, value]) =>
    tensorsIn(value, place === 'output' ? key : `${place}_${key}`),
  );
}
