/** `profile`: how long each kernel of a function takes, and how close that is to what the machine can do. */
import { checkOptions, requireFunction, requireInteger, type OptionNames } from '../arguments/index.ts';
import { formatBytes } from '../graph/types.ts';
import type { DeviceLimits, KernelDescription, StepTime } from '../runtime/observation.ts';
import { requirePlans, withSession, type Call, type CallTimes, type SeenPlan } from './session.ts';
import { aligned, figure, labelOf, operationsText, withMethods } from './table.ts';

export interface ProfileOptions {
  /** Calls that are measured, after those that compile. Default: 10. */
  readonly runs?: number;
}

const optionNames: OptionNames<ProfileOptions> = {
  runs: (where, name, value) => requireInteger(where, name, value, 1, 100_000),
};

/** Calls before those that are measured, at most: until two in a row have run the same plans, as the first step of an optimizer, which makes its moments, and the second do not. */
const mostWarmUps = 4;
/** Rows of the table; the others are one. */
const mostRows = 24;
/** Events of a trace. */
const mostEvents = 100_000;

/** One kernel, in one call of the function that was profiled. */
export interface ProfiledKernel extends KernelDescription {
  /** The layer that it is mostly about, `∂` before that of a gradient; outside of layers the function and the line that called it. */
  readonly label: string;
  /** How often it runs. */
  readonly calls: number;
  /** All of them together, in milliseconds: the median of the calls of the function. Undefined: the device does not tell kernels apart. */
  readonly milliseconds: number | undefined;
  /** Of all runs together. */
  readonly flopsPerSecond: number | undefined;
  /** Read and written. */
  readonly bytesPerSecond: number | undefined;
  /** What it is closer to: the multiply–adds, or the memory's bandwidth, of this machine. */
  readonly bound: 'compute' | 'bandwidth' | undefined;
  /** How much of that it reaches; what stays in a cache that the measured kernel had no part in may reach more than 1. */
  readonly shareOfLimit: number | undefined;
  /** Threads that took part. */
  readonly threads: number;
}

/** One call of the function. */
export interface ProfiledRun {
  readonly milliseconds: number;
  /** Of that, in kernels; undefined where the device does not tell. */
  readonly kernelMilliseconds: number | undefined;
}

/** An event of a trace in Chrome's format: complete ones (`X`), in microseconds, and names of tracks (`M`). */
export interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'M';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly args?: Readonly<Record<string, string | number>>;
}

/** What `chrome://tracing` and ui.perfetto.dev open, once it is in a file as JSON. */
export interface ChromeTrace {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ms';
}

/** What {@link profile} gives. `String(profile)` is a table. */
export interface Profile {
  /** The device, as it describes itself. */
  readonly device: string;
  /** In the order in which they run. */
  readonly kernels: readonly ProfiledKernel[];
  readonly runs: readonly ProfiledRun[];
  /** Of a call: the median. */
  readonly milliseconds: number;
  /** Of a call outside of kernels: recording, binding memory, reading values. The median; undefined where the device does not tell. */
  readonly betweenMilliseconds: number | undefined;
  /** In which the plans were compiled, all that ran. */
  readonly compileMilliseconds: number;
  /** Of the plan that needs most: parameters, inputs, results and what is computed on the way. */
  readonly peakBytes: number;
  /** As measured on this machine, for one thread where there are threads. */
  readonly limits: DeviceLimits;
  /**
   * The measured calls on a time line, for `chrome://tracing` or ui.perfetto.dev: write it to a file with `JSON.stringify`. The kernels of a call on a device with a clock of its own begin
   * where the call does.
   */
  toChromeTrace(): ChromeTrace;
  /** A table, the slowest kernels first. */
  toString(): string;
}

function profileOf(measured: Measured): Profile {
  const { device, limits, plans, calls } = measured;
  const runs = calls.map(({ call, times }) => ({
    milliseconds: call.milliseconds,
    kernelMilliseconds: [...times.values()].some((list) => list === undefined)
      ? undefined
      : sum([...times.values()].flatMap((list) => list ?? []).map(({ milliseconds }) => milliseconds)),
  }));
  const between = runs.flatMap(({ milliseconds, kernelMilliseconds }) =>
    kernelMilliseconds === undefined ? [] : [milliseconds - kernelMilliseconds],
  );
  const traceEvents = eventsOf(measured);
  const figures = {
    device,
    kernels: plans.flatMap((plan) => kernelsOf(plan, measured)),
    runs,
    milliseconds: median(runs.map(({ milliseconds }) => milliseconds)),
    betweenMilliseconds: between.length === 0 ? undefined : median(between),
    compileMilliseconds: sum(plans.map(({ observed }) => observed.compileMilliseconds)),
    peakBytes: Math.max(
      ...plans.map(({ observed: { description } }) => description.boundBytes + description.temporaryBytes),
    ),
    limits,
  };
  return withMethods(figures, {
    toChromeTrace: (): ChromeTrace => ({ traceEvents, displayTimeUnit: 'ms' }),
    toString: () => profileText(figures),
  });
}

function profileText(profile: Omit<Profile, 'toChromeTrace'>): string {
  const { device, kernels, runs, milliseconds, betweenMilliseconds, compileMilliseconds, peakBytes } = profile;
  const slowest = [...kernels].sort((a, b) => (b.milliseconds ?? 0) - (a.milliseconds ?? 0));
  const shown = slowest.slice(0, mostRows);
  const others = slowest.slice(mostRows);
  const time = (value: number | undefined): string => (value === undefined ? '–' : figure(value));
  const rate = (value: number | undefined): string => (value === undefined ? '–' : figure(value / 1e9));
  const limit = ({ bound, shareOfLimit }: ProfiledKernel): string =>
    shareOfLimit === undefined ? '–' : `${Math.round(100 * shareOfLimit)} % ${bound === 'compute' ? 'fl' : 'by'}`;
  const rows = [
    ['layer', 'operations', 'ms', 'calls', 'GFLOP/s', 'GB/s', 'of limit', 'threads'],
    ...shown.map((kernel) => [
      kernel.label,
      operationsText(kernel),
      time(kernel.milliseconds),
      String(kernel.calls),
      kernel.flops === 0 ? '' : rate(kernel.flopsPerSecond),
      rate(kernel.bytesPerSecond),
      limit(kernel),
      String(kernel.threads),
    ]),
  ];
  if (others.length > 0) {
    const total = others.some((kernel) => kernel.milliseconds === undefined)
      ? undefined
      : sum(others.map((kernel) => kernel.milliseconds ?? 0));
    rows.push([`${others.length} more kernels`, '', time(total), '', '', '', '', '']);
  }
  const { multiplyAdds, bandwidths } = profile.limits;
  const far = bandwidths.at(-1);
  const limits = [
    ...(multiplyAdds === undefined ? [] : [`${figure((2 * multiplyAdds) / 1e9)} GFLOP/s a thread (fl)`]),
    ...(far === undefined ? [] : [`${figure(far.bytesPerSecond / 1e9)} GB/s from memory (by)`]),
  ];
  return [
    `${device}: ${figure(milliseconds)} ms, the median of ${runs.length} ${runs.length === 1 ? 'call' : 'calls'}`,
    ...aligned(rows, [0, 1]),
    betweenMilliseconds === undefined
      ? 'This device does not tell when kernels begin and end.'
      : `between kernels ${figure(betweenMilliseconds)} ms; compiled in ${figure(compileMilliseconds)} ms; memory at most ${formatBytes(peakBytes)}`,
    ...(limits.length === 0 ? [] : [`limits here: ${limits.join(', ')}`]),
  ].join('\n');
}

interface Measured {
  readonly device: string;
  readonly limits: DeviceLimits;
  /** All that ran, once. */
  readonly plans: readonly SeenPlan[];
  readonly calls: readonly { readonly call: Call; readonly times: CallTimes }[];
}

function kernelsOf(plan: SeenPlan, { calls, limits }: Measured): ProfiledKernel[] {
  return plan.observed.description.kernels.map((kernel, step): ProfiledKernel => {
    const perCall = calls.map(({ times }) => times.get(plan)?.filter((time) => time.step === step));
    const isTimed = calls.some(({ times }) => times.get(plan) !== undefined);
    const measured = perCall.map((times) => sum((times ?? []).map((time) => time.milliseconds)));
    const runs = median(calls.map(({ call }) => call.plans.filter((other) => other === plan).length));
    // A device may do copies without telling of them, and a loop may end before its last step.
    const counted = median(perCall.map((times) => times?.length ?? 0));
    const milliseconds = isTimed && counted > 0 ? median(measured) : undefined;
    const launches = runs * kernel.times;
    // Of thousands of times, more than a call takes arguments.
    const threads = perCall.flatMap((times) => times ?? []).reduce((most, time) => Math.max(most, time.threads), 1);
    const perSecond = (each: number): number | undefined =>
      milliseconds === undefined || milliseconds === 0 ? undefined : (1000 * each * launches) / milliseconds;
    const flopsPerSecond = perSecond(kernel.flops);
    const bytesPerSecond = perSecond(kernel.bytesRead + kernel.bytesWritten);
    return {
      ...kernel,
      label: labelOf(kernel),
      calls: launches,
      milliseconds,
      flopsPerSecond,
      bytesPerSecond,
      threads,
      ...shareOf(limits, { flopsPerSecond, bytesPerSecond, bytes: kernel.bytesRead + kernel.bytesWritten, threads }),
    };
  });
}

interface Rates {
  readonly flopsPerSecond: number | undefined;
  readonly bytesPerSecond: number | undefined;
  readonly bytes: number;
  readonly threads: number;
}

function shareOf(
  { multiplyAdds, bandwidths }: DeviceLimits,
  { flopsPerSecond, bytesPerSecond, bytes, threads }: Rates,
): Pick<ProfiledKernel, 'bound' | 'shareOfLimit'> {
  const compute =
    multiplyAdds === undefined || flopsPerSecond === undefined ? 0 : flopsPerSecond / (2 * multiplyAdds * threads);
  const most = bandwidthAt(bandwidths, bytes);
  const bandwidth = most === undefined || bytesPerSecond === undefined ? 0 : bytesPerSecond / most;
  if (compute === 0 && bandwidth === 0) return { bound: undefined, shareOfLimit: undefined };
  return compute > bandwidth
    ? { bound: 'compute', shareOfLimit: compute }
    : { bound: 'bandwidth', shareOfLimit: bandwidth };
}

/** Between the sizes that were measured, along the logarithm. */
function bandwidthAt(bandwidths: DeviceLimits['bandwidths'], bytes: number): number | undefined {
  const above = bandwidths.findIndex((each) => each.bytes >= bytes);
  const next = bandwidths[above];
  if (next === undefined) return bandwidths.at(-1)?.bytesPerSecond;
  const before = bandwidths[above - 1];
  if (before === undefined) return next.bytesPerSecond;
  const part = Math.log(bytes / before.bytes) / Math.log(next.bytes / before.bytes);
  return before.bytesPerSecond + part * (next.bytesPerSecond - before.bytesPerSecond);
}

function eventsOf({ device, plans, calls }: Measured): TraceEvent[] {
  const origin = calls[0]?.call.begin ?? 0;
  const micro = (milliseconds: number): number => 1000 * milliseconds;
  const name = (ofWhat: string, tid: number, text: string): TraceEvent => ({
    name: ofWhat,
    ph: 'M',
    pid: 1,
    tid,
    args: { name: text },
  });
  const events: TraceEvent[] = [
    name('process_name', 0, device),
    name('thread_name', 0, 'calls'),
    name('thread_name', 1, 'kernels'),
  ];
  calls.forEach(({ call, times }, i) => {
    events.push({
      name: `call ${i + 1}`,
      ph: 'X',
      cat: 'call',
      pid: 1,
      tid: 0,
      ts: micro(call.begin - origin),
      dur: micro(call.milliseconds),
    });
    const all = plans.flatMap((plan) => (times.get(plan) ?? []).map((time) => ({ plan, time })));
    const first = all.reduce((least, { time }) => Math.min(least, time.begin), Infinity);
    // A device with a clock of its own: its first kernel is put where the call begins.
    const isOwn = first < call.begin || first > call.begin + call.milliseconds;
    const from = isOwn ? call.begin - origin : first - origin;
    for (const { plan, time } of all) {
      if (events.length >= mostEvents) return;
      events.push(kernelEvent(plan, time, micro(from + (time.begin - first))));
    }
  });
  return events;
}

function kernelEvent(plan: SeenPlan, { step, milliseconds, threads }: StepTime, ts: number): TraceEvent {
  const kernel = plan.observed.description.kernels[step] as KernelDescription;
  const { loops, multiplyAdds, bytesRead, bytesWritten } = kernel;
  const args = { operations: operationsText(kernel), loops, multiplyAdds, bytesRead, bytesWritten, threads };
  return { name: labelOf(kernel), ph: 'X', cat: 'kernel', pid: 1, tid: 1, ts, dur: 1000 * milliseconds, args };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/**
 * Measures a function: which kernels it runs, for which layers and lines, how long each takes, and how close that is to what this machine can do. The function is called until its plans are
 * compiled (two times or more), then `runs` times; what it updates (parameters, moments) is updated as often. Tensors that it returns are computed in the call. Results are the same as without a profile, to the last
 * bit; other runs are not slower for it, since a profiled plan is another build.
 *
 * A kernel of WebAssembly is timed by a clock that the plan calls between kernels, which adds some tenths of a microsecond to each. On WebGPU timestamp queries tell, where the adapter has them; elsewhere
 * kernels have no times. The limits are measured the first time: multiply–adds of WebAssembly in registers, and the bandwidth of a kernel that adds a number to as many bytes.
 *
 * Throws {@link ArgumentError} for what is no function or computes nothing, inside compiled functions, and while another profile is made; {@link DeviceError} on the device 'reference', which has no kernels.
 *
 * ```ts
 * setDevice('wasm');
 * const [a, b] = [rand([64, 96]), rand([96, 32])];
 * const measured = await profile(() => a.matmul(b).relu(), { runs: 3 });
 * const [kernel] = measured.kernels;
 * [measured.kernels.length, kernel?.multiplyAdds, kernel?.operations]; // [1, 196608, ['dot', 'maximum']]
 * JSON.stringify(measured.toChromeTrace()).startsWith('{"traceEvents":['); // true
 * ```
 */
export async function profile(fn: () => unknown, options?: ProfileOptions): Promise<Profile> {
  requireFunction('profile', 'fn', fn);
  checkOptions('profile', options, optionNames);
  const { runs = 10 } = options ?? {};
  return withSession('profile', async (session, engine, device) => {
    const limits = await engine.limits();
    const compiled = new Set<SeenPlan>();
    let before: readonly SeenPlan[] = [];
    for (let warmUp = 0; warmUp < mostWarmUps; warmUp++) {
      const call = await session.call(fn, true);
      requirePlans('profile', call);
      await session.times();
      for (const plan of call.plans) compiled.add(plan);
      if (samePlans(before, call.plans)) break;
      before = call.plans;
    }
    const calls: { call: Call; times: CallTimes }[] = [];
    for (let run = 0; run < runs; run++) {
      const call = await session.call(fn, false);
      calls.push({ call, times: await session.times() });
    }
    const plans = new Set(calls.flatMap(({ call }) => call.plans));
    return profileOf({ device, limits, plans: [...plans], calls });
  });
}

function samePlans(some: readonly SeenPlan[], others: readonly SeenPlan[]): boolean {
  return some.length === others.length && some.every((plan, i) => plan === others[i]);
}
