/** `@hebb/architectures`: whole networks, built from layers and rebuilt from JSON. */
export { activations, type ActivationName } from './activation.ts';
export * from './feed-forward/index.ts';
export * from './convolutional/index.ts';
export * from './adversarial/index.ts';
export * from './autoencoder/index.ts';
export * from './recurrent/index.ts';
export * from './graph/index.ts';
export * from './transformer/index.ts';
export type { TranslateOptions } from './translate.ts';
export { architectureTypes } from './types.ts';
