/** The golden file of the recurrent layers, and how its cases are run. */
import {
  fromConfig,
  GRUCell,
  LSTM,
  LSTMCell,
  RNNCell,
  type GRU,
  type ModuleConfig,
  type RNN,
} from '../../src/index.ts';
import type { Tensor } from '../../../tensor/src/index.ts';
import { golden, type Stored } from '../../../tensor/test/support/golden.ts';

export interface RecurrentCase {
  readonly config: ModuleConfig;
  readonly state: Readonly<Record<string, Stored>>;
  readonly input: Stored;
  readonly lengths: readonly number[] | null;
  /** The parts of the initial state. */
  readonly initial: readonly Stored[] | null;
  /** The output, of cells none, and the parts of the last state. */
  readonly results: readonly Stored[];
  readonly cotangents: readonly Stored[];
  /** By parameters' names, `input`, `initial hidden`, `initial cell`. */
  readonly gradients: Readonly<Record<string, Stored>>;
}

export const { cases, names } = golden(new URL('../golden/recurrent.json', import.meta.url)) as {
  readonly cases: readonly RecurrentCase[];
  /** Names and shapes of state dicts of two layers. */
  readonly names: Readonly<Record<'LSTM' | 'GRU' | 'RNN', readonly (readonly [string, readonly number[]])[]>>;
};

export function caseName({ config, input, lengths, initial }: RecurrentCase): string {
  const { type, inputSize: _, hiddenSize: __, ...options } = config;
  const given = [...(initial === null ? [] : ['with a state']), ...(lengths === null ? [] : ['with lengths'])];
  return `${type} ${JSON.stringify(options)} on [${input.shape.join(', ')}] ${given.join(', ')}`.trim();
}

export type RecurrentModule = RNN | GRU | LSTM | RNNCell | GRUCell | LSTMCell;

export function moduleOf({ config }: RecurrentCase): RecurrentModule {
  return fromConfig(config) as unknown as RecurrentModule;
}

/** The results in the order of the golden file. */
export function resultsOf(
  module: RecurrentModule,
  x: Tensor,
  initial: readonly Tensor[] | undefined,
  lengths?: readonly number[],
): Tensor[] {
  const [hidden, cell] = initial ?? [];
  if (module instanceof RNNCell || module instanceof GRUCell) return [module.forward(x, hidden)];
  const both = hidden && cell && { hidden, cell };
  if (module instanceof LSTMCell) {
    const next = module.forward(x, both);
    return [next.hidden, next.cell];
  }
  if (module instanceof LSTM) {
    const { output, state } = module.forward(x, { lengths, state: both });
    return [output, state.hidden, state.cell];
  }
  const { output, state } = module.forward(x, { lengths, state: hidden });
  return [output, state];
}
