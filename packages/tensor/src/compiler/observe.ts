/** Compiles programs for those who look into them: with what the kernels were made from, and timed. Loaded when somebody does. */
import type { Backend, DeviceBuffer } from '../runtime/backend.ts';
import type { DeviceLimits, EngineObserver } from '../runtime/observation.ts';
import { compileProgram } from './compile.ts';
import { describePlan } from './describe.ts';
import { axisIndex, makeAxis } from './index-expression.ts';
import type { Plan } from './kernel.ts';
import type { KernelNotes } from './notes.ts';
import type { Without } from './optimisations.ts';

/** Bytes, read and written, of the kernels whose bandwidth is measured: from the first cache to beyond the last of many processors. */
const measuredBytes = [2 ** 15, 2 ** 18, 2 ** 21, 2 ** 25];
/** Milliseconds that each is run for, and how often at least. */
const measuring = 4;
const leastRuns = 5;

export function observerOf(backend: Backend, without: Without): EngineObserver {
  /** By the device with its threads. */
  const known = new Map<string, DeviceLimits>();
  return {
    compile: (program) => {
      const notes: KernelNotes = new Map();
      const began = performance.now();
      const plan = compileProgram(program, notes, without);
      const executable = backend.compileTimed(plan);
      const compileMilliseconds = performance.now() - began;
      return { executable, compileMilliseconds, description: describePlan(plan, notes) };
    },
    limits: async () => {
      const name = backend.description;
      const limits = known.get(name) ?? {
        multiplyAdds: await backend.multiplyAddLimit(),
        bandwidths: await measureBandwidths(backend),
      };
      known.set(name, limits);
      return limits;
    },
  };
}

async function measureBandwidths(backend: Backend): Promise<DeviceLimits['bandwidths']> {
  const found: { bytes: number; bytesPerSecond: number }[] = [];
  for (const bytes of measuredBytes) {
    const size = bytes / 8;
    const buffers = [backend.allocate(4 * size), backend.allocate(4 * size)];
    backend.write(buffers[0] as DeviceBuffer, new Float32Array(size));
    const executable = backend.compileTimed(additionPlan(size));
    let least = Infinity;
    const began = performance.now();
    for (let run = 0; run < leastRuns || performance.now() - began < measuring; run++) {
      backend.run(executable, buffers, []);
      await backend.synchronize();
      const times = await executable.takeTimes();
      for (const { milliseconds } of times ?? []) if (milliseconds > 0) least = Math.min(least, milliseconds);
    }
    executable.dispose();
    for (const buffer of buffers) backend.free(buffer);
    if (least < Infinity) found.push({ bytes, bytesPerSecond: (1000 * bytes) / least });
  }
  return found;
}

/** y ← x + 1 of so many numbers. */
function additionPlan(size: number): Plan {
  const axis = makeAxis(size);
  const index = axisIndex(axis);
  return {
    kernels: [
      {
        kind: 'map',
        name: 'add',
        axes: [axis],
        stores: [
          {
            buffer: 1,
            index,
            value: {
              kind: 'binary',
              type: 'f32',
              operator: 'add',
              left: { kind: 'load', type: 'f32', buffer: 0, index, guards: [] },
              right: { kind: 'constant', type: 'f32', value: 1 },
            },
          },
        ],
      },
    ],
    buffers: [0, 1].map((position) => ({ kind: 'parameter', position, offset: 0, type: 'f32', size })),
    parameterCount: 2,
    scalars: [],
    arenaBytes: 0,
  };
}
