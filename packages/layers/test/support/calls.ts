/** Golden files of layers, a file a family, as tools/golden/layer_cases.py writes them: calls of one layer with all of their gradients. */
import { readdirSync } from 'node:fs';
import { Tensor } from '@hebb/tensor';
import { isPlain } from '@hebb/tensor/arguments';
import { golden, toTensor, type Stored } from '../../../tensor/test/support/golden.ts';
import { fromConfig, type Module, type ModuleConfig } from '../../src/index.ts';

type StoredInput = Stored | readonly (number | Stored)[] | Readonly<Record<string, unknown>> | null;

export interface LayerCall {
  readonly config: ModuleConfig;
  readonly training: boolean;
  /** How often it is called with these inputs; what is stored is of the last. Default 1. */
  readonly steps?: number;
  readonly state: Readonly<Record<string, Stored>>;
  /** Tensors, lists of them or of numbers, options with tensors or other values by name, and null for what is left out. */
  readonly inputs: readonly StoredInput[];
  /** By name; that of a single one is `output`. */
  readonly outputs: Readonly<Record<string, Stored>>;
  readonly cotangents: Readonly<Record<string, Stored>>;
  /** By the names of parameters, and `input0`, `input1`, …, of an option `input1.mask` */
  readonly gradients: Readonly<Record<string, Stored>>;
  /** Of the state what the call has changed. */
  readonly stateAfter: Readonly<Record<string, Stored>>;
}

/** The families that have such a file, which is a list of configurations. */
export const layerFamilies: readonly string[] = readdirSync(new URL('../golden', import.meta.url))
  .filter((file) => file.endsWith('.json') && listsCalls(golden(new URL(`../golden/${file}`, import.meta.url))))
  .map((file) => file.slice(0, -'.json'.length));

function listsCalls(file: unknown): boolean {
  return Array.isArray(file) && file.every((call: object) => 'config' in call);
}

/** The calls of a family, with a name for each. */
export function layerCalls(family: string): (readonly [name: string, call: LayerCall])[] {
  const calls = golden(new URL(`../golden/${family}.json`, import.meta.url)) as LayerCall[];
  return calls.map((call, i) => [`${i}: ${nameOf(call)}`, call] as const);
}

function nameOf({ config, training, inputs }: LayerCall): string {
  const { type, ...options } = config;
  const shown = (_: string, value: unknown): unknown => (isStored(value) ? `[${value.shape.join(', ')}]` : value);
  const shapes = inputs.map((input) => JSON.stringify(input, shown).replaceAll('"', ''));
  return `${type} ${JSON.stringify(options)}${training ? '' : ' evaluating'} of ${shapes.join(', ')}`;
}

function isStored(input: unknown): input is Stored {
  return isPlain(input) && 'shape' in input && 'data' in input;
}

/** The layer with its parameters. */
export function layerOf({ config, training, state }: LayerCall): Module {
  const module = fromConfig(config).train(training);
  module.loadStateDict(Object.fromEntries(Object.entries(state).map(([name, value]) => [name, toTensor(value)])));
  return module;
}

/** What `forward` is called with; tensors pass through `change`, with their name. */
export function inputsOf({ inputs }: LayerCall, change: (x: Tensor, name: string) => Tensor = (x) => x): unknown[] {
  const read = (input: unknown, name: string): unknown => {
    if (isStored(input)) return change(toTensor(input), name);
    if (Array.isArray(input)) return input.map((each: unknown, i) => read(each, `${name}.${i}`));
    if (!isPlain(input)) return input ?? undefined;
    return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, read(value, `${name}.${key}`)]));
  };
  return inputs.map((input, i) => read(input, `input${i}`));
}

/** The outputs by name, without those that are undefined. */
export function outputsOf(module: Module, inputs: readonly unknown[]): Record<string, Tensor> {
  const result: unknown = (module as unknown as { forward(...inputs: readonly unknown[]): unknown }).forward(...inputs);
  if (result instanceof Tensor) return { output: result };
  return Object.fromEntries(Object.entries(result as Record<string, Tensor>).filter(([, value]) => value instanceof Tensor)); // prettier-ignore
}
