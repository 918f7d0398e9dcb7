/**
 * An example beside a PyTorch program of the same network: the same first weights, batches, learning rates and steps.
 *
 * Hebb writes all of that into a folder, the program reads it, and both go on in turns. What is measured of Hebb is `fit`, as users call it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Random, type ArrayBatch, type NumericArray } from '@hebb/data';
import { BatchNorm, Module, writeSafetensors } from '@hebb/layers';
import { assign, manualSeed, profile, setDevice, tensor, type Profile, type Tensor } from '@hebb/tensor';
import { fit, type Callback, type Task } from '@hebb/training';
import { peakMemory, resetPeakMemory } from '../support/memory.ts';
import { interpreter, withThreads } from '../support/python.ts';
import { replayOf, withFewRows, type Replay } from './replay.ts';
import type { Pair, Trial } from './trial.ts';

/** Some steps of one side. */
interface Stretch {
  readonly steps: number;
  /** Seconds. */
  readonly wall: number;
  /** Seconds that processors have worked for it. */
  readonly processor: number;
  /** The most memory that its process has had so far, MiB. */
  readonly memory: number;
}

export interface Side {
  readonly stretches: readonly Stretch[];
  readonly losses: readonly number[];
  /** MiB, before the first step. */
  readonly before: number;
  readonly metric: number;
}

export interface Comparison {
  readonly version: string;
  readonly steps: number;
  readonly parameters: number;
  readonly hebb: Side;
  readonly pytorch: Side;
  /** The losses of PyTorch in float64, of a curve: how far it is from them says what rounding alone does. */
  readonly exact: readonly number[];
}

/**
 * `train` is all of it. A `curve` is of losses, and nothing is drawn at random: no dropout. `exact` is a curve in float64, by the interpreter; since that takes its time,
 * of the first rows of each batch.
 */
export type Mode = 'train' | 'curve' | 'exact';

/** Of each batch, in float64. */
const exactRows = 2;

export interface TrainOptions {
  /** How many steps; those of the example's own budget, where it is 'all'. */
  readonly steps: number | 'all';
  /** How many of them are made: the first ones. Default: all. */
  readonly first?: number;
  /** Steps that one side makes before it is the other's turn. */
  readonly stretch: number;
  readonly mode: Mode;
  /** Where Hebb computes. */
  readonly device: 'wasm' | 'webgpu' | 'reference';
  /** Where the whole data lies. */
  readonly folder: string | undefined;
  /** A seed: the first weights of Hebb's side are moved by about a unit in their last place, up or down by chance. */
  readonly moved?: number;
}

export async function beside(pair: Pair, options: TrainOptions): Promise<Comparison> {
  setDevice(options.device);
  manualSeed(0);
  const trial = await pair.prepare(options.folder);
  const { budget, batches } = trial;
  const whole = 'steps' in budget ? budget.steps : budget.epochs * (batches.length ?? 0);
  const steps = options.steps === 'all' ? whole : Math.min(options.steps, whole);
  const made = Math.min(options.first ?? steps, steps);
  const all = await replayOf(batches, made, pair.isChanged === true);
  const replay = options.mode === 'exact' ? withFewRows(all, exactRows) : all;
  const isCurve = options.mode !== 'train';
  const folder = await mkdtemp(join(tmpdir(), 'hebb-beside-'));
  try {
    await hand(folder, trial, replay, steps);
    if (options.moved !== undefined) await moveWeights(trial, options.moved);
    const python = await Python.start(pair.script, folder, options.mode);
    const exact = options.mode === 'curve' ? await Python.start(pair.script, folder, 'exact') : undefined;
    try {
      await exact?.steps(made);
      const hebb = await train(trial, replay, { ...options, steps, made }, (count) => python.steps(count));
      const modules = Object.values(trial.task.parts).filter((part): part is Module => part instanceof Module);
      for (const module of modules) module.eval();
      return {
        version: python.version,
        steps: made,
        parameters: modules.reduce((sum, { parameterCount }) => sum + parameterCount, 0),
        hebb: { ...hebb, metric: isCurve ? Number.NaN : await trial.metric() },
        pytorch: python.side(isCurve ? Number.NaN : await python.metric()),
        exact: exact?.side(Number.NaN).losses ?? [],
      };
    } finally {
      python.end();
      exact?.end();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Of steps as `fit` makes them: as many in a call as take some seconds, so that what a call does once does not count. */
export async function profileOf(
  pair: Pair,
  device: 'wasm' | 'webgpu',
  folder: string | undefined,
): Promise<{ readonly steps: number; readonly profile: Profile }> {
  setDevice(device);
  manualSeed(0);
  const { task, batches } = await pair.prepare(folder);
  const isChanged = pair.isChanged === true;
  const train = (replay: Replay, steps: number): Promise<unknown> => fit(task as Task<ArrayBatch>, replay, { steps });
  const few = await replayOf(batches, 20, isChanged);
  await train(few, 20);
  const { wall } = now();
  await train(few, 20);
  const steps = Math.min(2000, Math.max(20, Math.round((20 * 3) / (now().wall - wall))));
  const replay = await replayOf(batches, steps, isChanged);
  return { steps, profile: await profile(() => train(replay, steps), { runs: 3 }) };
}

/** Writes what the other side starts from. */
async function hand(
  folder: string,
  { task, schedule, arrays, settings = {} }: Trial,
  { length, rows, whole = [] }: Replay,
  steps: number,
): Promise<void> {
  const all = new Map<string, Tensor>();
  for (const [name, part] of Object.entries(task.parts))
    if (part instanceof Module)
      for (const [parameter, value] of part.stateDict({ everyName: true }))
        all.set(`weight.${name}.${parameter}`, value);
  const add = (name: string, { data, shape }: NumericArray): void => {
    const isWhole = data instanceof Int32Array || data instanceof Uint32Array;
    all.set(name, tensor(data, { shape, dtype: isWhole ? 'int32' : 'float32' }));
  };
  for (const [name, array] of Object.entries(arrays)) add(`array.${name}`, array);
  const { examples = {}, orders = [] } = rows ?? {};
  for (const [name, array] of Object.entries(examples)) add(`example.${name}`, array);
  orders.forEach((order, step) => add(`order.${step}`, { data: order, shape: [order.length] }));
  whole.forEach((batch, step) => {
    for (const [name, array] of Object.entries(batch)) add(`batch.${step}.${name}`, array);
  });
  await writeSafetensors(join(folder, 'pair.safetensors'), all);
  const factors = schedule === undefined ? null : Array.from({ length }, (_, step) => schedule(step, steps));
  await writeFile(join(folder, 'settings.json'), JSON.stringify({ settings, factors }));
}

/** What rounding alone could have made of the first weights. */
async function moveWeights({ task }: Trial, seed: number): Promise<void> {
  const random = new Random(seed, 1);
  for (const part of Object.values(task.parts)) {
    if (!(part instanceof Module)) continue;
    for (const weight of part.parameters()) {
      const values = Float32Array.from(await weight.data(), (value) => value * (1 + (random.integer(2) === 0 ? 1 : -1) * 2 ** -23)); // prettier-ignore
      assign(weight, tensor(values, { shape: weight.shape }));
    }
  }
}

/** Hebb's steps; behind each stretch the other side makes as many. */
async function train(
  { task, schedule, curves }: Trial,
  replay: Replay,
  { steps, made, stretch, mode }: TrainOptions & { steps: number; made: number },
  other: (count: number) => Promise<void>,
): Promise<Omit<Side, 'metric'>> {
  const stretches: Stretch[] = [];
  resetPeakMemory();
  const before = peakMemory();
  let last = 0;
  let start = now();
  const turns: Callback = {
    every: { steps: stretch },
    async onPause({ step }) {
      const { wall, processor } = now();
      stretches.push({
        steps: step - last,
        wall: wall - start.wall,
        processor: processor - start.processor,
        // The system adds up what it counts for each core from time to time, so that it may say less than before.
        memory: Math.max(before, peakMemory()),
      });
      await other(step - last);
      last = step;
      start = now();
    },
  };
  const { scalars, losses } = await fit(mode === 'train' ? task : withoutChance(task), replay, {
    steps: made,
    ...(schedule && { schedule: (step: number) => schedule(step, steps) }),
    callbacks: [turns],
  });
  if (last < made) await turns.onPause?.({ step: made } as never);
  // One after the other in each step, as the other side says them.
  const named = curves?.map((name) => scalars[name] ?? []);
  return { stretches, before, losses: named === undefined ? losses : losses.flatMap((_, step) => named.map((each) => each[step] ?? Number.NaN)) }; // prettier-ignore
}

/** The task with everything in evaluation mode, in which nothing is dropped; but batches are normalised by themselves. */
function withoutChance<B>(task: Task<B>): Task<B> {
  return {
    ...task,
    step(batch) {
      for (const part of Object.values(task.parts)) {
        if (!(part instanceof Module)) continue;
        for (const module of part.eval().namedModules().values()) if (module instanceof BatchNorm) module.train();
      }
      return task.step(batch);
    },
  };
}

/** Seconds on the wall, and of all threads of this process. */
function now(): { wall: number; processor: number } {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1000, processor: (user + system) / 1e6 };
}

/** The other side, in the system's Python. */
class Python {
  readonly version: string;
  readonly #before: number;
  readonly #stretches: Stretch[] = [];
  readonly #losses: number[] = [];
  readonly #ask: (question: string) => Promise<unknown>;
  readonly end: () => void;

  private constructor(version: string, before: number, ask: (question: string) => Promise<unknown>, end: () => void) {
    this.version = version;
    this.#before = before;
    this.#ask = ask;
    this.end = end;
  }

  static async start(script: string, folder: string, mode: Mode): Promise<Python> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const python = spawn(interpreter, [path, folder, mode], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: withThreads(1),
    });
    await Promise.race([
      once(python, 'spawn'),
      once(python, 'error').then(([error]) => Promise.reject(error as Error)),
    ]);
    const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
    const answer = async (): Promise<unknown> => {
      const line = await lines.next();
      if (line.done === true) throw new Error(`${path} has ended without an answer; what it said stands above.`);
      return JSON.parse(line.value);
    };
    const { version, memory } = (await answer()) as { version: string; memory: number };
    const ask = (question: string): Promise<unknown> => {
      python.stdin.write(`${question}\n`);
      return answer();
    };
    return new Python(version, memory, ask, () => python.stdin.end());
  }

  async steps(count: number): Promise<void> {
    const { losses, ...stretch } = (await this.#ask(`steps ${count}`)) as Stretch & { losses: number[] };
    this.#losses.push(...losses);
    this.#stretches.push({ ...stretch, steps: count });
  }

  async metric(): Promise<number> {
    return ((await this.#ask('metric')) as { metric: number }).metric;
  }

  side(metric: number): Side {
    return { stretches: this.#stretches, losses: this.#losses, before: this.#before, metric };
  }
}
