/** One validation of a run: in evaluation mode, with averages in place of the parameters. */
import { modesOf } from '@hebb/layers/internal';
import { aborted } from './abort.ts';
import type { Run } from './callback.ts';
import type { TrainingRunOptions } from './run-options.ts';
import { Stopwatch } from './stopwatch.ts';

/** What `validate` found, and how long it took; `aborted` where the signal came meanwhile. */
export async function validateRun(
  run: Run,
  validate: NonNullable<TrainingRunOptions<never>['validate']>,
  signal: AbortSignal | undefined,
): Promise<{ readonly found: unknown; readonly seconds: number } | typeof aborted> {
  const clock = new Stopwatch();
  clock.resume();
  const restoreModes = modesOf(...run.modules.values());
  for (const module of run.modules.values()) module.eval();
  try {
    const found: unknown = await run.withAverages(() => validate(run));
    return { found, seconds: clock.seconds };
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) return aborted;
    throw error;
  } finally {
    restoreModes();
  }
}
