/** What the layers of these architectures start from, as their papers and torchvision have it. */
import { Conv2d, kaimingNormal, Linear, normal, type AnyModule } from '@hebb/layers';
import { assign, zeros, type Tensor } from '@hebb/tensor';

export interface InitialWeights {
  /** Of convolutions, by the shape. Default: what a layer begins with. */
  readonly convolution?: (shape: readonly number[]) => Tensor;
  /** Of linear layers. Default: what a layer begins with. */
  readonly linear?: (shape: readonly number[]) => Tensor;
}

/** Normal with variance 2 / fan-out (He et al. 2015, arXiv:1502.01852): gradients keep their size from layer to layer. */
export const heFanOut = (shape: readonly number[]): Tensor =>
  kaimingNormal(shape, { mode: 'fanOut', nonlinearity: 'relu' });

/** Normal with variance 2 / fan-in: what goes forwards keeps its size. */
export const heFanIn = (shape: readonly number[]): Tensor => kaimingNormal(shape, { nonlinearity: 'relu' });

export const smallNormal = (shape: readonly number[]): Tensor => normal(shape, { std: 0.01 });

/** Gives the convolutions and linear layers in a model new weights, and zeros as their biases. */
export function drawWeights(model: AnyModule, { convolution, linear }: InitialWeights): void {
  for (const layer of model.namedModules().values()) {
    const draw = layer instanceof Conv2d ? convolution : layer instanceof Linear ? linear : undefined;
    if (draw === undefined || !(layer instanceof Conv2d || layer instanceof Linear)) continue;
    assign(layer.weight, draw(layer.weight.shape));
    if (layer.bias !== undefined) assign(layer.bias, zeros(layer.bias.shape));
  }
}
