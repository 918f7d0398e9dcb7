/** Parameters and state after every step against PyTorch's, recorded step by step and compiled. */
import { compile, setDevice, variable, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { expectClose, golden, toTensor, type Stored } from '../../tensor/test/support/golden.ts';
import {
  Adam,
  AdamW,
  clipGradientNorm,
  cosineSchedule,
  SGD,
  stepSchedule,
  type Optimizer,
  type OptimizerState,
  type ParameterState,
} from '../src/index.ts';

type Named = Readonly<Record<string, Stored>>;

interface Run {
  readonly optimizer: 'SGD' | 'Adam' | 'AdamW';
  readonly options: { readonly learningRate: number };
  readonly after: readonly Named[];
  readonly state: Named;
}

interface Golden {
  readonly initial: Named;
  readonly gradients: readonly Named[];
  readonly runs: readonly Run[];
  readonly clipping: readonly {
    readonly maxNorm: number;
    readonly normType: number | 'inf';
    readonly norm: number;
    readonly gradients: Named;
  }[];
  readonly schedules: { readonly cosine: readonly number[]; readonly step: readonly number[] };
}

const { initial, gradients, runs, clipping, schedules } = golden(
  new URL('golden/pytorch.json', import.meta.url),
) as Golden;
const constructors = { SGD, Adam, AdamW };
const mapped = <T>(named: Named, change: (value: Stored) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [name, change(value)]));

/** The state of all parameters by `<parameter>.<slot>`. */
function slotsOf(state: OptimizerState['state']): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of state)
    for (const [slot, value] of Object.entries(entry))
      if (typeof value !== 'number') tensors.set(`${name}.${slot}`, value);
  return tensors;
}

function copied(entry: ParameterState): ParameterState {
  const { step, ...slots } = entry;
  return {
    step,
    ...Object.fromEntries(Object.entries(slots).map(([slot, value]) => [slot, (value as Tensor).detach()])),
  };
}

function start({ optimizer, options }: Run): { parameters: Record<string, Tensor>; instance: Optimizer } {
  const parameters = mapped(initial, (value) => variable(toTensor(value), { requiresGrad: true }));
  return { parameters, instance: new constructors[optimizer](parameters, options) };
}

describe.each(devices)('optimizers on %s', (device) => {
  beforeAll(() => setDevice(device));

  describe.each(runs.map((run) => [`${run.optimizer} ${JSON.stringify(run.options)}`, run] as const))(
    '%s',
    (name, run) => {
      const check = async (
        how: string,
        step: (instance: Optimizer, gradients: readonly Tensor[]) => void,
      ): Promise<void> => {
        const { parameters, instance } = start(run);
        for (const [count, after] of run.after.entries()) {
          if (count === 4) instance.learningRate /= 2;
          step(instance, Object.values(gradients[count] as Named).map(toTensor));
          for (const [key, value] of Object.entries(after))
            await expectClose(parameters[key] as Tensor, value, `${name}, ${how}, step ${count}, ${key}`);
        }
        const { state, stepCount } = instance.stateDict();
        expect(stepCount).toBe(run.after.length);
        const tensors = slotsOf(state);
        expect([...tensors.keys()].sort()).toEqual(Object.keys(run.state).sort());
        for (const [key, value] of Object.entries(run.state))
          await expectClose(tensors.get(key) as Tensor, value, `${name}, ${how}, ${key}`);
      };

      it('recorded', () => check('recorded', (instance, grads) => instance.step(grads)));

      it('compiled, with a learning rate that changes', () => {
        let compiled: ((...grads: Tensor[]) => void) | undefined;
        return check('compiled', (instance, grads) => {
          compiled ??= compile((...list: Tensor[]) => instance.step(list));
          compiled(...grads);
        });
      });

      it('from .grad', async () => {
        const { parameters, instance } = start(run);
        for (const [key, value] of Object.entries(gradients[0] as Named))
          (parameters[key] as Tensor).grad = toTensor(value);
        instance.step();
        instance.zeroGrad();
        for (const [key, value] of Object.entries(run.after[0] as Named)) {
          await expectClose(parameters[key] as Tensor, value, `${name}: ${key}`);
          expect(parameters[key]?.grad).toBeUndefined();
        }
      });

      it('goes on from a saved state', async () => {
        const first = start(run);
        for (const grads of gradients.slice(0, 4)) first.instance.step(mapped(grads, toTensor));
        const { state, ...numbers } = first.instance.stateDict();
        const second = start(run);
        for (const [key, parameter] of Object.entries(first.parameters))
          second.parameters[key] = variable(parameter.detach());
        const instance = new constructors[run.optimizer](second.parameters, { ...run.options, learningRate: 1 });
        instance.loadStateDict({
          ...(JSON.parse(JSON.stringify(numbers)) as typeof numbers),
          state: new Map([...state].map(([key, entry]) => [key, copied(entry)])),
        });
        instance.learningRate /= 2;
        for (const grads of gradients.slice(4)) instance.step(new Map(Object.entries(mapped(grads, toTensor))));
        for (const [key, value] of Object.entries(run.after.at(-1) as Named))
          await expectClose(second.parameters[key] as Tensor, value, `${name}: ${key}`);
      });
    },
  );

  it.each(clipping)(
    'clips gradients to the norm $maxNorm of kind $normType',
    async ({ maxNorm, normType, norm, gradients: expected }) => {
      const clipped = clipGradientNorm(mapped(gradients[0] as Named, toTensor), maxNorm, {
        normType: normType === 'inf' ? Infinity : normType,
      });
      await expectClose(clipped.norm, { shape: [], data: [norm] }, 'norm');
      for (const [key, value] of Object.entries(expected)) await expectClose(clipped.grads[key] as Tensor, value, key);
    },
  );
});

describe('schedules', () => {
  it.each([
    ['cosine', cosineSchedule({ minimum: 0.25 })],
    ['step', stepSchedule({ every: 3, factor: 0.5 })],
  ] as const)("%s is PyTorch's", (name, schedule) => {
    schedules[name].forEach((rate, step) => expect(schedule(step, 10) * 0.5).toBeCloseTo(rate, 12));
  });

  it('warms up linearly and ends at the minimum', () => {
    const schedule = cosineSchedule({ warmup: 0.2, minimum: 0.1 });
    expect([0, 1, 2, 3, 4].map((step) => schedule(step, 20))).toEqual([0.25, 0.5, 0.75, 1, 1]);
    expect(schedule(20, 20)).toBeCloseTo(0.1, 12);
    expect(schedule(1000, 20)).toBeCloseTo(0.1, 12);
  });
});
