/**
 * Sunspots, a month ahead.
 *
 * The question is that of the names, what comes next, and so is the network; but what comes next is a number, and the loss is how far off it is. The months have an order that must not be mixed: whoever learns from a year knows much of the months around it, so that
 * what is learnt from comes first, and what is tested with last.
 */
import { readFile } from 'node:fs/promises';
import {
  AdamW,
  ArrayDataset,
  DataLoader,
  fit,
  meanSquaredError,
  minimize,
  oneCycleSchedule,
  parseCsv,
  RecurrentForecaster,
  tensor,
  type Task,
  type Tensor,
} from 'hebb';
import type { ExampleKit } from '@hebb/app-support';
import type { Options } from './example.ts';
import { cycleAhead, monthAhead } from './report.ts';

/** Months in their order, as they were counted and scaled; up to `learnt` to learn from, from `end` on to test with. */
export async function loadSunspots(path: string) {
  const spots = parseCsv(await readFile(path, 'utf8')).numbers('Sunspots');
  // By time: what comes later is never learnt from. Counts vary as much as they are large; their roots vary evenly.
  const [learnt, end] = [0.7, 0.8].map((share) => Math.floor(spots.length * share)) as [number, number];
  const scale = (count: number): number => Math.sqrt(count) / 4 - 1.5;
  const unscale = (value: number): number => Math.max(0, 4 * (value + 1.5)) ** 2;
  return { spots, series: Float32Array.from(spots, scale), learnt, end, unscale };
}

/** Windows of so many months, each `stride` months behind the one before, and for each month of them the next one. */
export const windowFields = (series: Float32Array, length: number, stride: number) => {
  const count = Math.floor((series.length - length - 1) / stride) + 1;
  const [x, y] = [new Float32Array(count * length), new Float32Array(count * length)];
  for (let i = 0; i < count; i++) {
    x.set(series.subarray(i * stride, i * stride + length), i * length);
    y.set(series.subarray(i * stride + 1, i * stride + length + 1), i * length);
  }
  return { x: { data: x, shape: [length, 1] }, y: { data: y, shape: [length, 1] } };
};

export interface BuildSunspots {
  readonly cell: Options['cell'];
  /** Months, scaled; those to learn from. */
  readonly train: Float32Array;
  readonly seed: number;
}

/** All that is trained, and with what: windows of 20 years, at each month of which the next one is forecast. */
export function buildSunspots({ cell, train, seed }: BuildSunspots) {
  const model = new RecurrentForecaster({ cell, hidden: 32 });
  const optimizer = new AdamW(model, { learningRate: 1e-2, weightDecay: 0.01 });
  const loss = ({ x, y }: { x: Tensor; y: Tensor }): Tensor => meanSquaredError(model.forward(x).output.squeeze(2), y);
  const task: Task<{ x: Tensor; y: Tensor }> = {
    parts: { model, optimizer },
    step: (batch) => minimize(optimizer, () => loss(batch)),
    validate: loss,
  };
  const windows = new ArrayDataset(windowFields(train, 240, 4));
  return { model, task, loader: new DataLoader(windows, { batchSize: 16, shuffle: true, seed }) };
}

export async function sunspots(kit: ExampleKit<Options>): Promise<void> {
  // 1. Data
  const { spots, series, learnt, end, unscale } = await loadSunspots(kit.carried('sunspots.csv'));
  kit.heading('Sunspots, a month ahead');
  kit.say(
    `${learnt} months to learn from, ${end - learnt} later ones to look at, ${spots.length - end} later still to test with`,
  );

  // 2. Network: a month goes in, and at each one comes out what the next will be.
  const train = series.subarray(0, learnt);
  const { model, task, loader } = buildSunspots({ cell: kit.options.cell, train, seed: kit.seed });
  kit.show('sunspots', model, [['batch', 'months', 1]]);

  // 3. Training
  await fit(task, loader, {
    epochs: kit.choose({ quick: 8, normal: 12, full: 12 }),
    schedule: oneCycleSchedule({ warmup: 0.2 }),
    validation: new ArrayDataset(windowFields(series.subarray(learnt - 120, end), 240, 12)),
    validateEvery: { epochs: 4 },
    ...kit.training('sunspots'),
  });
  if (kit.signal.aborted) return;

  // 4. Evaluation: the network reads all months from the first on, and at each forecasts the next.
  const whole = tensor(series.subarray(0, spots.length - 1), { shape: [1, spots.length - 1, 1] });
  const ahead = [NaN, ...Array.from(await model.eval().forward(whole).output.data(), Number).map(unscale)];
  const rmse = (forecast: (month: number) => number | undefined): number => {
    let sum = 0;
    for (let t = end; t < spots.length; t++) sum += ((spots[t] ?? 0) - (forecast(t) ?? 0)) ** 2;
    return Math.sqrt(sum / (spots.length - end));
  };
  const own = rmse((t) => ahead[t]);
  // What costs nothing. The cycle of the sun is eleven years; the other season, of twelve months, is none of the sun's.
  const free = ([['last month', 1], ['a year ago', 12], ['a cycle of 11 years ago', 132]] as const).map(([when, months]) => [`as many as ${when}`, rmse((t) => spots[t - months])] as const); // prettier-ignore
  const least = Math.min(...free.map(([, error]) => error));
  kit.metric('root mean square error, a month ahead', own, { target: { atMost: least } });
  kit.section(
    ...monthAhead(
      spots,
      ahead,
      [[`the network (${kit.options.cell.toUpperCase()})`, own], ...free],
      spots.length - end,
    ),
  );
  // Many steps ahead: each forecast is read as if it had happened. What is not known fades to the mean.
  const far = model.forecast(whole.narrow(1, 0, end), 132);
  kit.section(cycleAhead(spots, Array.from(await far.data(), Number).map(unscale), end));

  // 5. ONNX: for any numbers of series and of months: all of them as one, and every window of 20 years that ends in the test.
  const { x } = windowFields(series.subarray(end - 240), 240, 1);
  const windows = tensor(x.data, { shape: [x.data.length / 240, 240, 1] });
  const inputs = { series: ['batch', 'months', 1] } as const;
  await kit.onnx('sunspots', model, { inputs, outputs: ['output'] }, [whole, windows]);
  await kit.weights('sunspots', model);
}
