/** Options that nothing would read are refused by every class that has such; and its own configuration never is. */
import { ArgumentError } from '@hebb/tensor';
import { expect, it } from 'vitest';
import {
  Autoencoder,
  ConvolutionalAutoencoder,
  DCGANGenerator,
  GCN,
  GraphClassifier,
  LinkPredictor,
  RecurrentClassifier,
  VariationalAutoencoder,
} from '../src/index.ts';

const encoder = (): GCN => new GCN({ inputs: 2, outputs: 2, hidden: 2 });

it.each<[name: string, make: () => unknown, message: string]>([
  ['a deviation of Bernoulli’s likelihood', () => new VariationalAutoencoder({ inputs: 4, deviation: 0.1 }), "[VariationalAutoencoder] deviation is for likelihood 'gaussian'; here nothing would read the 0.1 given."], // prettier-ignore
  ['batch normalisation behind no convolution', () => new VariationalAutoencoder({ inputs: 4, batchNorm: true }), 'batchNorm is for convolutions: features'], // prettier-ignore
  ['the mean of a penalty that has none', () => new Autoencoder({ inputs: 4, sparsity: { penalty: 'l1', weight: 1, mean: 0.1 } }), "[Autoencoder: sparsity] mean is for the penalty 'kl'"], // prettier-ignore
  ['hidden layers before no code', () => new ConvolutionalAutoencoder({ hidden: [4] }), 'hidden layers are those before a code'], // prettier-ignore
  ['an embedding of no classes', () => new DCGANGenerator({ embedding: 8 }), '[DCGANGenerator] embedding is for classes'], // prettier-ignore
  ['a dropout before no head', () => new GraphClassifier(encoder(), { dropout: 0.1 }), '[GraphClassifier] dropout is for a head'], // prettier-ignore
  ['features of a decoder that has no layers', () => new LinkPredictor(encoder(), { features: 2 }), "[LinkPredictor] features is for the decoder 'mlp'"], // prettier-ignore
  ['units of a decoder that has no layers', () => new LinkPredictor(encoder(), { hidden: 2 }), "[LinkPredictor] hidden is for the decoder 'mlp'"], // prettier-ignore
  ['an embedding of numbers', () => new RecurrentClassifier({ inputs: 2, classes: 2, embedding: 4 }), '[RecurrentClassifier] embedding is for tokens: vocabulary'], // prettier-ignore
])('%s', (_name, make, message) => {
  expect(make).toThrow(ArgumentError);
  expect(make).toThrow(message);
});

it('what a network says of itself makes it again', () => {
  for (const model of [
    new VariationalAutoencoder({ inputs: 4, hidden: [2], latents: 2 }),
    new Autoencoder({ inputs: 4, hidden: [2], code: 2, sparsity: { penalty: 'l1', weight: 1 } }),
    new RecurrentClassifier({ inputs: 2, classes: 2, hidden: 2 }),
    new DCGANGenerator({ widths: [2], imageSize: 4, latent: 2 }),
  ]) {
    const Type = model.constructor as new (options: unknown) => { readonly options: unknown };
    expect(new Type(model.options).options).toEqual(model.options);
  }
  const classifier = new GraphClassifier(encoder());
  expect(new GraphClassifier(encoder(), classifier.options).options).toEqual(classifier.options);
  const predictor = new LinkPredictor(encoder());
  expect(new LinkPredictor(encoder(), predictor.options).options).toEqual(predictor.options);
});
