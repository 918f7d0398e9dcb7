/** `@hebb/layers`: modules with PyTorch's layouts, names, defaults and initial distributions, and their files, a folder a family. */
export * from './module/index.ts';
export * from './containers/index.ts';
export * from './linear/index.ts';
export * from './embedding/index.ts';
export * from './adapters/index.ts';
export * from './attention/index.ts';
export * from './convolution/index.ts';
export * from './pooling/index.ts';
export * from './padding/index.ts';
export * from './resampling/index.ts';
export * from './normalization/index.ts';
export * from './regularization/index.ts';
export * from './recurrent/index.ts';
export * from './graph/index.ts';
export * from './activations/index.ts';
export * from './initialization/index.ts';
export * from './files/index.ts';
export { fromConfig } from './config.ts';
