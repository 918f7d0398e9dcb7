/** A module from JSON and a table of classes. */
import { ArgumentError } from '@hebb/tensor';
import { describe, requirePlain } from '@hebb/tensor/arguments';
import type { Module } from './module.ts';

/** JSON that says which class to build, and with what. */
export interface ModuleConfig {
  /** Name of the class. */
  readonly type: string;
  readonly [argument: string]: unknown;
}

/** A class whose instances can be rebuilt. */
export interface ModuleType {
  /** `types` are all classes known, for the modules inside. */
  fromConfig(config: ModuleConfig, types: ModuleTypes): Module;
}

/** Classes by the name that configurations give them. */
export type ModuleTypes = Readonly<Record<string, ModuleType>>;

/**
 * Builds a module of one of `types`: `fromConfig` for a class that holds modules of its own and is handed the table.
 *
 * Throws {@link ArgumentError} for a type that is not among them.
 */
export function build(config: ModuleConfig, types: ModuleTypes): Module {
  requirePlain('fromConfig', 'the configuration', config);
  const type = Object.hasOwn(types, config.type) ? types[config.type] : undefined;
  if (type === undefined) {
    throw new ArgumentError(
      `[fromConfig] there is no module type ${describe(config.type)}; known are ${Object.keys(types).join(', ')}.`,
      {
        hint: 'Pass your own classes: fromConfig(config, { Net }). That function knows the layers of @hebb/layers itself.',
      },
    );
  }
  return type.fromConfig(config, types);
}
