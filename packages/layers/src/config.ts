/** Modules to JSON and back. */
import { requirePlain } from '@hebb/tensor/arguments';
import { activationsTypes } from './activations/types.ts';
import { adaptersTypes } from './adapters/types.ts';
import { attentionTypes } from './attention/types.ts';
import { containersTypes } from './containers/types.ts';
import { convolutionTypes } from './convolution/types.ts';
import { embeddingTypes } from './embedding/types.ts';
import { graphTypes } from './graph/types.ts';
import { linearTypes } from './linear/types.ts';
import { normalizationTypes } from './normalization/types.ts';
import { paddingTypes } from './padding/types.ts';
import { poolingTypes } from './pooling/types.ts';
import { recurrentTypes } from './recurrent/types.ts';
import { resamplingTypes } from './resampling/types.ts';
import { regularizationTypes } from './regularization/types.ts';
import { build, type ModuleConfig, type ModuleTypes } from './module/build.ts';
import type { Module } from './module/module.ts';

/** The classes of this package by their types. */
export const ownTypes = (): ModuleTypes => ({
  ...activationsTypes(),
  ...adaptersTypes(),
  ...attentionTypes(),
  ...containersTypes(),
  ...convolutionTypes(),
  ...embeddingTypes(),
  ...graphTypes(),
  ...linearTypes(),
  ...normalizationTypes(),
  ...paddingTypes(),
  ...poolingTypes(),
  ...recurrentTypes(),
  ...regularizationTypes(),
  ...resamplingTypes(),
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
