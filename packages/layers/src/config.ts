/** Modules to JSON and back. */
import { requirePlain } from '@hebb/tensor/arguments';
import { GELU, ReLU, Sigmoid, Softmax, Tanh } from './activations.ts';
import { BatchNorm1d, BatchNorm2d } from './batch-norm.ts';
import { build, type ModuleConfig, type ModuleTypes } from './build.ts';
import { Conv2d } from './convolution.ts';
import { Dropout } from './dropout.ts';
import { LazyBatchNorm1d, LazyBatchNorm2d, LazyConv2d, LazyLinear } from './lazy-layers.ts';
import { Linear } from './linear.ts';
import type { Module } from './module.ts';
import { AvgPool2d, MaxPool2d } from './pooling.ts';
import { Sequential } from './sequential.ts';
import { Flatten, Identity } from './shape.ts';

const ownTypes = (): ModuleTypes => ({
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  GELU,
  Identity,
  LazyBatchNorm1d,
  LazyBatchNorm2d,
  LazyConv2d,
  LazyLinear,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  Sigmoid,
  Softmax,
  Tanh,
});

/**
 * Builds a module from what its `config()` returned, with new initial parameters; those that were frozen are frozen again.
 *
 * @param types - classes beyond those of this package: `fromConfig(config, { Net })`.
 *
 * Throws {@link ArgumentError} for a type that is not known.
 *
 * ```ts
 * const model = new Sequential(new Linear(4, 8), new ReLU());
 * const json = JSON.stringify(model.config());
 * fromConfig(JSON.parse(json) as ModuleConfig).parameterCount;  // 40
 * ```
 */
export function fromConfig(config: ModuleConfig, types: ModuleTypes = {}): Module {
  requirePlain('fromConfig', 'types', types);
  return build(config, { ...ownTypes(), ...types });
}
