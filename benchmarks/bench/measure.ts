/** One workload, by all contenders, in turns: rounds in which each runs for a while, so that what else the machine does meets all of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import type { Work } from './adapter.ts';
import { limitCommand, type Contender } from './contenders.ts';
import { Conversation, Gap } from './conversation.ts';
import { writeData } from './data.ts';
import { lossTolerance, median, type Entry, type WorkloadResult } from './results.ts';
import type { Timing } from './serve.ts';
import type { Workload } from './workloads.ts';

export interface Settings {
  readonly rounds: number;
  /** Milliseconds that a contender runs in a round: as many runs as fit, and one at least. */
  readonly roundTime: number;
  /** Seconds that a contender has for all of its rounds; then it makes no more. */
  readonly budget: number;
  /** Seconds after which an answer is not waited for any more. */
  readonly patience: number;
}

/** Milliseconds between two contenders: threads look for work for a while after the last there was, which takes a processor from whoever comes next. */
const pause = 100;
/** Losses of the first steps that are compared, at most. */
const comparedSteps = 20;

interface Side {
  readonly contender: Contender;
  readonly conversation: Conversation | undefined;
  readonly timings: Timing[];
  first?: Timing;
  prepared?: number;
  memory?: number;
  losses?: readonly number[];
  work?: Work;
  gap?: string;
  version: string;
}

export async function measureWorkload(
  workload: Workload,
  contenders: readonly Contender[],
  settings: Settings,
): Promise<WorkloadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'hebb-bench-'));
  const sides: Side[] = [];
  try {
    writeData(folder, workload);
    if (workload.measure === 'first') {
      for (const contender of contenders) sides.push({ contender, conversation: undefined, timings: [], version: '' });
      await inRounds(sides, settings.rounds, async (side) => {
        const { conversation } = await started(side.contender, folder, settings);
        if (conversation === undefined) throw new Gap('');
        try {
          side.version = conversation.version;
          side.timings.push(await conversation.ask<Timing>('first'));
        } finally {
          conversation.end();
        }
      });
    } else {
      for (const contender of contenders) sides.push(await started(contender, folder, settings));
      await inTurns(sides, workload, settings);
    }
    return { name: workload.name, entries: entriesOf(sides) };
  } finally {
    for (const { conversation } of sides) conversation?.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function started(contender: Contender, folder: string, { patience }: Settings): Promise<Side> {
  const side: Side = { contender, conversation: undefined, timings: [], version: '' };
  if (contender.gap !== undefined) return { ...side, gap: contender.gap };
  try {
    const command = [...contender.command, folder, String(contender.threads), ...contender.arguments];
    const conversation = await Conversation.start(command, contender.env, patience);
    return { ...side, conversation, version: conversation.version };
  } catch (error) {
    if (error instanceof Gap) return { ...side, gap: error.message };
    throw error;
  }
}

/** Every side, round after round, each round beginning with another one; a side with a gap is left out. */
async function inRounds(
  sides: readonly Side[],
  rounds: number,
  each: (side: Side, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (let i = 0; i < sides.length; i++) {
      const side = sides[(i + round) % sides.length] as Side;
      if (side.gap !== undefined) continue;
      try {
        await rest(pause);
        await each(side, round);
      } catch (error) {
        if (!(error instanceof Gap)) throw error;
        side.gap = error.message;
      }
    }
}

async function inTurns(sides: readonly Side[], workload: Workload, settings: Settings): Promise<void> {
  const ask = <T>(side: Side, question: string): Promise<T> => (side.conversation as Conversation).ask<T>(question);
  await inRounds(sides, 1, async (side) => {
    const first = await ask<Timing & { prepared: number }>(side, 'first');
    side.first = first;
    side.prepared = first.prepared;
  });
  if (workload.measure === 'new-size') {
    const [whole = 1] = Object.values(workload.inputs)[0]?.shape ?? [];
    // All within the upper half, so that what a step computes hardly changes.
    await inRounds(sides, settings.rounds, async (side, round) => {
      const { first, second } = await ask<{ first: Timing; second: Timing }>(side, `size ${whole - 1 - round}`);
      const extra = (a: number, b: number): number => Math.max(0, a - b);
      side.timings.push({ wall: extra(first.wall, second.wall), processor: extra(first.processor, second.processor) });
    });
    return;
  }
  const counts = new Map<Side, number>();
  // Engines compile again, on other threads, what has run for a while.
  await inRounds(sides, 1, async (side) => {
    const { wall } = await ask<Timing>(side, 'run 1');
    const warm = Math.min(1000, Math.ceil((2 * settings.roundTime) / Math.max(wall, 1e-3)));
    const once = wall > settings.roundTime ? wall : (await ask<Timing>(side, `run ${warm}`)).wall;
    counts.set(side, Math.max(1, Math.min(100_000, Math.round(settings.roundTime / Math.max(once, 1e-4)))));
  });
  await inRounds(sides, settings.rounds, async (side) => {
    const count = counts.get(side) ?? 1;
    const spent = side.timings.reduce((sum, { wall }) => sum + wall * count, 0);
    if (side.timings.length > 0 && spent > settings.budget * 1000) return;
    side.timings.push(await ask<Timing>(side, `run ${count}`));
  });
  await inRounds(sides, 1, async (side) => {
    side.memory = (await ask<{ memory: number }>(side, 'memory')).memory;
    if (side.contender.device === 'webgpu') side.work = (await ask<{ work: Work }>(side, 'work')).work;
    if (!workload.isTraining) return;
    // Of a contender that takes seconds for a step, as many as it makes while anybody waits.
    const steps = Math.floor((settings.patience * 500) / Math.max(...side.timings.map(({ wall }) => wall)));
    const compared = Math.max(1, Math.min(comparedSteps, steps));
    side.losses = (await ask<{ losses: number[] }>(side, `losses ${compared}`)).losses;
  });
}

function entriesOf(sides: readonly Side[]): Entry[] {
  const measured = sides.filter(({ gap }) => gap === undefined);
  // PyTorch says what the losses are; where it is not there, nobody does.
  const truth = measured.find(
    ({ contender, losses }) => contender.family === 'pytorch' && losses !== undefined,
  )?.losses;
  return sides.map(({ contender, timings, first, prepared, memory, losses, work, gap, version }): Entry => {
    const { name } = contender;
    if (gap !== undefined) return { contender: name, version, gap };
    const difference = truth === undefined || losses === undefined ? undefined : Math.max(...losses.slice(0, truth.length).map((loss, i) => relative(loss, truth[i] ?? Number.NaN))); // prettier-ignore
    const wall = timings.map((timing) => timing.wall);
    const processor = timings.map((timing) => timing.processor);
    return {
      contender: name,
      version,
      wall: { median: median(wall), least: Math.min(...wall), most: Math.max(...wall), rounds: wall },
      processor: { median: median(processor), rounds: processor },
      ...(first !== undefined && { first: first.wall }),
      ...(prepared !== undefined && { prepared }),
      ...(memory !== undefined && { memory }),
      ...(losses !== undefined && { losses }),
      ...(work !== undefined && { work }),
      ...(difference !== undefined && { lossDifference: difference, isSame: difference <= lossTolerance }),
    };
  });
}

/** Absolute below 1, relative above. */
const relative = (loss: number, truth: number): number => {
  const difference = Math.abs(loss - truth) / Math.max(1, Math.abs(truth));
  return Number.isNaN(difference) ? Infinity : difference;
};

/** GFLOP/s that WebAssembly reaches at most, by threads and flags: the best of some tries. */
export async function measureLimit(threads: number, flags: boolean, { rounds, patience }: Settings): Promise<number> {
  const conversation = await Conversation.start([...limitCommand(flags), '', String(threads)], process.env, patience);
  try {
    const speeds: number[] = [];
    for (let round = 0; round < rounds; round++) speeds.push((await conversation.ask<{ gflops: number }>('go')).gflops);
    return Math.max(...speeds);
  } finally {
    conversation.end();
  }
}
