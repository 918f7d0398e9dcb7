/** Modules to JSON and back. */
import { ArgumentError } from '@hebb/tensor';
import { GELU, ReLU, Sigmoid, Softmax, Tanh } from './activations.ts';
import { BatchNorm1d, BatchNorm2d } from './batch-norm.ts';
import { Conv2d } from './convolution.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';
import type { Module } from './module.ts';
import { AvgPool2d, MaxPool2d } from './pooling.ts';
import { Sequential } from './sequential.ts';
import { Flatten, Identity } from './shape.ts';

/** JSON that says which class to build, and with what. */
export interface ModuleConfig {
  /** Name of the class. */
  readonly type: string;
  readonly [argument: string]: unknown;
}

/** A class whose instances can be rebuilt. */
export interface ModuleType {
  fromConfig(config: ModuleConfig, types: ModuleTypes): Module;
}

/** Classes by the name that configurations give them. */
export type ModuleTypes = Readonly<Record<string, ModuleType>>;

const ownTypes = (): ModuleTypes => ({
  AvgPool2d,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  Dropout,
  Flatten,
  GELU,
  Identity,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  Sigmoid,
  Softmax,
  Tanh,
});

/**
 * Builds a module from what its `config()` returned, with new initial parameters.
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
  const known = { ...ownTypes(), ...types };
  const type = Object.hasOwn(known, config.type) ? known[config.type] : undefined;
  if (type === undefined) {
    throw new ArgumentError(
      `[fromConfig] there is no module type '${config.type}'; known are ${Object.keys(known).join(', ')}.`,
      {
        hint: 'Pass your own classes: fromConfig(config, { Net }).',
      },
    );
  }
  return type.fromConfig(config, types);
}
