/**
 * Where the time of a first step goes, and that of a step over a new shape: forward, backward and update of a small classifier, of a CNN and
 * of a GPT (4 blocks, width 128, context 128, batch 8), each in processes of its own. Processor time of the calling thread in ms, the least of the processes (an engine compiles its own code
 * beside it, and other work on the machine makes all of them slower):
 * `node --import tsx benchmarks/compile-time.ts [all|mlp|cnn|gpt] [processes]`.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GPT2, MultilayerPerceptron } from '@hebb/architectures';
import { valueAndGrad } from '@hebb/autograd';
import { Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential, type Module } from '@hebb/layers';
import { crossEntropy } from '@hebb/losses';
import { Adam, AdamW } from '@hebb/optimizers';
import { device, manualSeed, setDevice, tensor, type Tensor } from '@hebb/tensor';
import { compilingEngine } from '../packages/tensor/src/compiler/engine.ts';
import { currentDevice } from '../packages/tensor/src/runtime/device.ts';
import { createWasmBackend } from '../packages/tensor/src/wasm/backend.ts';
import { commandLine } from './support/command-line.ts';

const models = ['mlp', 'cnn', 'gpt'] as const;
type ModelName = (typeof models)[number];

/** A step over so many examples, and over other lengths where the model has such. */
interface Workload {
  readonly step: (batch: number, length: number) => Tensor;
  /** Batch and length of the steps, one after the other; steps of equal sizes are the same plan. */
  readonly sizes: readonly (readonly [batch: number, length: number])[];
}

const phases = ['record', 'compile', 'build', 'module', 'run', 'rest'] as const;
type Times = Record<(typeof phases)[number] | 'total', number> & { nodes: number; kernels: number; bytes: number };

const { model, processes } = commandLine(import.meta.url, { model: ['all', ...models], processes: 3 });

/** Milliseconds that this thread has computed, where the system says so (Linux); else all threads of the process. */
function processorTime(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}

function workload(name: ModelName): Workload {
  manualSeed(1);
  const ids = (shape: readonly number[], limit: number): Tensor => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tensor(Int32Array.from({ length: size }, (_, i) => i % limit)).reshape(shape);
  };
  const image = (shape: readonly number[]): Tensor => {
    const size = shape.reduce((a, b) => a * b, 1);
    return tensor(Float32Array.from({ length: size }, (_, i) => Math.sin(i))).reshape(shape);
  };
  if (name === 'gpt') {
    const network = new GPT2({ vocabulary: 96, contextLength: 128, width: 128, layers: 4, heads: 4 });
    const optimizer = new AdamW(network);
    return {
      step: (batch, length) => {
        const texts = ids([batch, length], 96);
        const loss = (): Tensor =>
          crossEntropy(network.forward(texts).reshape([batch * length, 96]), texts.reshape([batch * length]));
        const { value, grads } = valueAndGrad(loss, network.parameters());
        optimizer.step(grads);
        return value;
      },
      sizes: [[8, 128], [8, 128], [8, 128], [4, 128], [8, 96], [6, 64]], // prettier-ignore
    };
  }
  const network: Module<[x: Tensor]> =
    name === 'mlp'
      ? new MultilayerPerceptron({ inputs: 784, hidden: [512, 256], outputs: 10 })
      : new Sequential(
          new Conv2d(1, 32, 3),
          new ReLU(),
          new Conv2d(32, 64, 3),
          new ReLU(),
          new MaxPool2d(2),
          new Dropout(0.25),
          new Flatten(),
          new Linear(9216, 128),
          new ReLU(),
          new Linear(128, 10),
        );
  const optimizer = new Adam(network);
  return {
    step: (batch) => {
      const x = image(name === 'mlp' ? [batch, 784] : [batch, 1, 28, 28]);
      const y = ids([batch], 10);
      const { value, grads } = valueAndGrad(() => crossEntropy(network.forward(x), y), network.parameters());
      optimizer.step(grads);
      return value;
    },
    sizes: name === 'mlp' ? [[128, 0], [128, 0], [128, 0], [96, 0], [77, 0]] : [[64, 0], [64, 0], [64, 0], [48, 0], [23, 0]], // prettier-ignore
  };
}

/** The steps of a model, in this process. */
async function measure(name: ModelName): Promise<{ name: string; times: Times }[]> {
  const spent = { record: 0, compile: 0, build: 0, module: 0, run: 0 };
  let nodes = 0;
  let bytes = 0;
  function timed<T>(phase: keyof typeof spent, action: () => T): T {
    const start = processorTime();
    try {
      return action();
    } finally {
      spent[phase] += processorTime() - start;
    }
  }
  const { Module: PlainModule } = WebAssembly;
  WebAssembly.Module = new Proxy(PlainModule, {
    construct: (target, [code]: [BufferSource]) => {
      bytes += code.byteLength;
      return timed('module', () => new target(code));
    },
  });
  setDevice('wasm');
  await device.ready();
  currentDevice().perform((engine) => {
    const backend = createWasmBackend();
    const measured = compilingEngine({
      ...backend,
      compile: (plan) => timed('build', () => backend.compile(plan)),
      run: (...args) => timed('run', () => backend.run(...args)),
    });
    const { description: _, ...methods } = measured;
    Object.assign(engine, methods, {
      compile: (program: Parameters<typeof measured.compile>[0]) => {
        nodes += program.nodes.length;
        return timed('compile', () => measured.compile(program));
      },
    });
  });
  const { step, sizes } = workload(name);
  const results: { name: string; times: Times }[] = [];
  for (const [batch, length] of sizes) {
    Object.assign(spent, { record: 0, compile: 0, build: 0, module: 0, run: 0 });
    nodes = bytes = 0;
    const start = processorTime();
    const value = timed('record', () => step(batch, length));
    const within = spent.compile + spent.run;
    await value.item();
    const total = processorTime() - start;
    const { run } = spent;
    // A step whose variables have no values yet computes those first.
    const record = spent.record - within;
    const compile = spent.compile - spent.build;
    const build = spent.build - spent.module;
    const rest = total - record - spent.compile - run;
    const times = { record, compile, build, module: spent.module, run, rest, total, nodes, bytes, kernels: device.stats().kernelsInLastRun }; // prettier-ignore
    results.push({ name: `${name} ${length === 0 ? batch : `${batch}×${length}`}`, times });
  }
  return results;
}

if (process.env['HEBB_COMPILE_TIME'] !== undefined) {
  console.log(JSON.stringify(await measure(model as ModelName)));
  process.exit(0);
}
const results: { name: string; times: Times }[] = [];
for (const name of model === 'all' ? models : [model]) {
  const runs = Array.from({ length: processes }, () => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...process.execArgv, fileURLToPath(import.meta.url), name],
      {
        env: { ...process.env, HEBB_COMPILE_TIME: '1' },
        encoding: 'utf8',
      },
    );
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as { name: string; times: Times }[];
  });
  runs[0]?.forEach(({ name: step, times }, i) => {
    const keys = Object.keys(times) as (keyof Times)[];
    const least = keys.map((key) => [key, Math.min(...runs.map((run) => run[i]?.times[key] ?? Infinity))]);
    results.push({ name: step, times: Object.fromEntries(least) as Times });
  });
}
const columns = [...phases, 'total'] as const;
console.log(['step'.padEnd(12), ...columns.map((name) => name.padStart(9)), '  nodes kernels    code'].join(''));
for (const { name, times } of results) {
  const cells = columns.map((column) => times[column].toFixed(1).padStart(9));
  console.log(
    `${name.padEnd(12)}${cells.join('')}${String(times.nodes).padStart(7)}${String(times.kernels).padStart(8)}${`${(times.bytes / 1024).toFixed(0)}k`.padStart(8)}`,
  );
}
console.log(JSON.stringify(results));
