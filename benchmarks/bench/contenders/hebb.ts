/** Hebb as a contender, started by `bench.ts` with `FOLDER THREADS [wasm|webgpu]`: compiled functions, as a user writes them. */
import { valueAndGrad } from '@hebb/autograd';
import { Adam, AdamW } from '@hebb/optimizers';
import { compile, device, realize, setDevice, type Tensor } from '@hebb/tensor';
import { provideAdapter, type Adapter } from '../adapter.ts';
import { computationOf, tensorOfValues, weightDecayOf } from '../computations.ts';
import type { Given } from '../data.ts';
import { Missing, serve, type Options, type Run } from '../serve.ts';

const deviceName = process.argv[4] === 'webgpu' ? 'webgpu' : 'wasm';

let adapter: Adapter | undefined;

/** How many threads the device says that it computes with. */
export function threadsOf(description: string): number {
  return Number(/(\d+) threads/.exec(description)?.[1] ?? 1);
}

async function start(threads: number): Promise<string> {
  if (deviceName === 'webgpu') adapter = await provideAdapter();
  setDevice(deviceName);
  const description = await device.ready();
  if (deviceName === 'wasm' && threadsOf(description) !== threads)
    throw new Missing(`asked for ${threads} threads, the device has others: ${description}`);
  return `Hebb, ${description}`;
}

async function make(given: Given, { drops }: Options): Promise<Run> {
  const { workload } = given;
  const { compute, model } = computationOf(given, { drops });
  const compiled = compile(workload.isTraining && model !== undefined ? step() : (...xs: Tensor[]) => compute(...xs));

  function step(): (...xs: Tensor[]) => Tensor {
    const parameters = model?.parameters() ?? [];
    const weightDecay = weightDecayOf(workload);
    const optimizer = weightDecay > 0 ? new AdamW(parameters, { weightDecay }) : new Adam(parameters);
    return (...xs) => {
      const { value, grads } = valueAndGrad(() => compute(...xs), parameters);
      optimizer.step(grads);
      return value;
    };
  }

  // What is read as a whole is on the device before the clock starts; other inputs are made as they come.
  const known = new WeakMap<object, readonly Tensor[]>();
  return async (inputs) => {
    let tensors = known.get(inputs);
    if (tensors === undefined) {
      tensors = Object.values(inputs).map(tensorOfValues);
      await realize(...tensors);
      known.set(inputs, tensors);
    }
    const result = compiled(...tensors);
    if (workload.isTraining) return result.item();
    if (workload.isRead) await result.data();
    else {
      await realize(result);
      await device.synchronize();
    }
    result.dispose();
    return undefined;
  };
}

await serve({ version: start, make, counter: () => adapter?.counter });
