/** The golden file of the layers. */
import type { Stored } from '../../../tensor/test/support/golden.ts';
import type { ModuleConfig } from '../../src/index.ts';

export interface LayerCase {
  readonly config: ModuleConfig;
  readonly training: boolean;
  readonly state: Readonly<Record<string, Stored>>;
  readonly inputs: readonly Stored[];
  readonly output: Stored;
  readonly cotangent: Stored;
  readonly gradients: Readonly<Record<string, Stored>>;
  readonly stateAfter: Readonly<Record<string, Stored>>;
}

export interface Names {
  readonly state: readonly (readonly [string, readonly number[]])[];
  readonly parameters: readonly string[];
  readonly buffers: readonly string[];
}

export interface Golden {
  readonly cases: readonly LayerCase[];
  readonly names: { readonly net: Names; readonly mixed: Names };
}

export function caseName({ config, training, inputs }: LayerCase): string {
  const { type, ...options } = config;
  return `${type} ${JSON.stringify(options)} ${training ? 'training' : 'evaluating'} on ${inputs.length} × [${inputs[0]?.shape.join(', ')}]`;
}

export function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
