/**
 * The side of a contender in JavaScript: answers questions, a line of JSON for each, with a line of JSON. It says first who it is; then come
 * `first` (make it and run it once), `run N`, `size N` (the first run with batches of N rows, and the second), `losses N` (of the first steps, nothing dropped), `memory`, and on WebGPU `work` (what a run asks of the device).
 */
import { createInterface } from 'node:readline';
import { peakMemory, residentMemory, resetPeakMemory } from '../support/memory.ts';
import type { WorkCounter } from './adapter.ts';
import { firstRows, readData, type Given, type Values } from './data.ts';

/** One run on the inputs, whose result is there when the promise is: the loss, of a step. */
export type Run = (inputs: Given['inputs']) => Promise<number | undefined>;

export interface Options {
  /** Whether dropout drops. */
  readonly drops: boolean;
  readonly threads: number;
}

export interface Program {
  /** Name and version, and what it computes on. */
  readonly version: (threads: number) => Promise<string>;
  /** @throws {@link Missing} for what this contender cannot do */
  readonly make: (given: Given, options: Options) => Promise<Run>;
  /** On WebGPU, who counts; asked once it has said who it is. */
  readonly counter?: () => WorkCounter | undefined;
}

/** There is no such workload of this contender: no failure, and told as it is. */
export class Missing extends Error {}

export interface Timing {
  /** Milliseconds a run, on the wall and of all processors. */
  readonly wall: number;
  readonly processor: number;
}

/** Time of `count` runs. */
export async function time(count: number, run: () => Promise<unknown>): Promise<Timing> {
  const [began, usage] = [performance.now(), process.cpuUsage()];
  for (let i = 0; i < count; i++) await run();
  const wall = performance.now() - began;
  const { user, system } = process.cpuUsage(usage);
  return { wall: wall / count, processor: (user + system) / 1000 / count };
}

/** Serves the questions of the process that started this one, with `FOLDER THREADS` as its arguments, until there are no more. */
export async function serve({ version, make, counter }: Program): Promise<void> {
  const [folder = '', threadsText = '1'] = process.argv.slice(2);
  const threads = Number(threadsText);
  // What libraries print goes elsewhere: this channel is for answers alone.
  const write = process.stdout.write.bind(process.stdout);
  Object.assign(process.stdout, { write: process.stderr.write.bind(process.stderr) });
  const say = (answer: object): void => void write(`${JSON.stringify(answer)}\n`);
  const answered = async (answer: () => Promise<object>): Promise<void> => {
    try {
      say(await answer());
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      say({ error: message, isMissing: error instanceof Missing });
    }
  };

  let given: Given | undefined;
  let run: Run | undefined;
  // Where the peak cannot be reset, it says something once it has grown; until then the most that was seen between runs does.
  let [before, peakBefore, most] = [0, 0, 0];
  const look = (): void => void (most = Math.max(most, residentMemory()));
  const load = (): Given => (given ??= readData(folder));
  const made = async (): Promise<() => Promise<number | undefined>> => {
    run ??= await make(load(), { drops: true, threads });
    const [{ inputs }, theRun] = [load(), run];
    return () => theRun(inputs);
  };
  await answered(async () => ({ version: await version(threads) }));
  for await (const line of createInterface({ input: process.stdin })) {
    const [question = '', number = ''] = line.split(' ');
    const count = Number(number);
    await answered(async () => {
      switch (question) {
        case 'first': {
          const inputs = load();
          resetPeakMemory();
          [before, peakBefore] = [residentMemory(), peakMemory()];
          const began = performance.now();
          run = await make(inputs, { drops: true, threads });
          const [prepared, usage] = [performance.now(), process.cpuUsage()];
          await (
            await made()
          )();
          const wall = performance.now() - prepared;
          const { user, system } = process.cpuUsage(usage);
          look();
          return { prepared: prepared - began, wall, processor: (user + system) / 1000 };
        }
        case 'run': {
          const timing = await time(count, await made());
          look();
          return timing;
        }
        case 'size': {
          await made();
          const inputs: Readonly<Record<string, Values>> = firstRows(load().inputs, count);
          const first = await time(1, () => (run as Run)(inputs));
          const second = await time(1, () => (run as Run)(inputs));
          return { first, second };
        }
        case 'losses': {
          const plain = await make(load(), { drops: false, threads });
          const losses: (number | undefined)[] = [];
          for (let i = 0; i < count; i++) losses.push(await plain(load().inputs));
          return { losses };
        }
        case 'work': {
          const counting = counter?.();
          if (counting === undefined) throw new Missing('nothing is counted here');
          return { work: await counting.count(await made()) };
        }
        case 'memory':
          return { memory: (peakMemory() > peakBefore ? peakMemory() : most) - before };
        default:
          throw new Error(`There is no question '${question}'.`);
      }
    });
  }
  process.exit(0);
}
