/** Times work that is queued on the device, with the cost of waiting for it spread over many calls. */
import { device } from '@hebb/tensor';

export interface Timing {
  /** Milliseconds of one call: the median of the samples. */
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
  /** Milliseconds of the very first call: recording, compilation and pipelines. */
  readonly first: number;
}

export interface MeasureOptions {
  /** Milliseconds that all samples together may take. Default 600. */
  readonly budget?: number;
  /** Default 7. */
  readonly samples?: number;
}

async function timeCalls(call: () => void, count: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) call();
  await device.synchronize();
  return (performance.now() - start) / count;
}

/** Calls in batches so large that waiting for the device hardly counts, as often as the budget allows. */
export async function measure(call: () => void, { budget = 600, samples = 7 }: MeasureOptions = {}): Promise<Timing> {
  const first = await timeCalls(call, 1);
  const second = await timeCalls(call, 1);
  const perSample = budget / samples;
  // Two calls say how long one takes, waiting included; a second estimate from a short batch takes most of the waiting out.
  const estimate = second > perSample ? second : await timeCalls(call, Math.max(1, Math.ceil(20 / second)));
  const count = Math.max(1, Math.min(2000, Math.round(perSample / estimate)));
  const times: number[] = [];
  const end = performance.now() + 3 * budget;
  for (let i = 0; i < samples && (times.length === 0 || performance.now() < end); i++) {
    times.push(await timeCalls(call, count));
  }
  times.sort((a, b) => a - b);
  const at = (position: number): number => times[position] ?? NaN;
  return { median: at(times.length >> 1), fastest: at(0), slowest: at(times.length - 1), first };
}
