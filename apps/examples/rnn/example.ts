/**
 * First names, letter by letter; and sunspots, a month ahead.
 *
 * A feed-forward network sees its whole input at once, and the input has a fixed size. A recurrent network reads one element after the other, and keeps what it has read in a state: h′ = f(x, h), with the same weights at every step, however long the sequence is. A gated
 * unit (GRU) decides at each step what of the state to keep and what to write anew, so that gradients reach far back.
 *
 * Two things are learnt with it. Which letter comes next in a name: whoever can tell that can also write names. And how many sunspots there will be next month, which is the same question about numbers.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Option } from 'commander';
import {
  AdamW,
  ArrayDataset,
  compile,
  crossEntropy,
  DataLoader,
  fit,
  generate,
  meanSquaredError,
  minimize,
  oneCycleSchedule,
  parseCsv,
  RecurrentForecaster,
  RecurrentLanguageModel,
  tensor,
  trainTestSplit,
  type Batch,
  type Section,
  type Task,
  type Tensor,
} from 'hebb';
import type { Example, ExampleKit } from '@hebb/app-support';

type Options = {
  readonly task: 'names' | 'sunspots' | 'both';
  readonly cell: 'gru' | 'lstm' | 'rnn';
};

export const rnn: Example<Options> = {
  name: 'rnn',
  title: 'Recurrent network',
  line: 'First names, letter by letter, by a GRU; sunspots a month ahead',
  seconds: { quick: 10, normal: 60, full: 600 },
  data: {
    carried: 'names.txt, 32,032 first names; sunspots.csv',
    full: 'the same',
    expects: 'a folder with names.txt',
  },
  options: (command) => {
    command.addOption(
      new Option('--task <name>', 'what to learn').choices(['names', 'sunspots', 'both']).default('both'),
    );
    return command.addOption(
      new Option('--cell <name>', 'the recurrent cell').choices(['gru', 'lstm', 'rnn']).default('gru'),
    );
  },
  async run(kit) {
    if (kit.options.task !== 'sunspots') await names(kit);
    if (kit.options.task !== 'names' && !kit.signal.aborted) await sunspots(kit);
  },
};

// ── Names ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** One token for a letter, a … z from 1, and one that stands before and behind every name. */
const edge = 0;
const toTokens = (name: string): number[] => [...name].map((letter) => letter.charCodeAt(0) - 96);
const toName = (tokens: readonly number[]): string => String.fromCharCode(...tokens.map((token) => token + 96));
/** What a position has where there is no letter: the loss leaves it out. */
const nothing = -1;

type NameFields = { x: { data: Int32Array; shape: number[] }; y: { data: Int32Array; shape: number[] } };

/** x is a name behind the edge, y the same one step later: at each position what comes next. All are as long as the longest. */
export function asDataset(all: readonly string[]): ArrayDataset<NameFields> {
  const length = Math.max(...all.map((name) => name.length)) + 1;
  const x = new Int32Array(all.length * length).fill(edge);
  const y = new Int32Array(all.length * length).fill(nothing);
  all.forEach((name, row) => {
    const tokens = toTokens(name);
    x.set(tokens, row * length + 1);
    y.set([...tokens, edge], row * length);
  });
  return new ArrayDataset({ x: { data: x, shape: [length] }, y: { data: y, shape: [length] } });
}

export interface BuildNames {
  readonly cell: Options['cell'];
  readonly hidden: number;
  readonly train: ArrayDataset<NameFields>;
  readonly seed: number;
}

type Names = { x: Tensor; y: Tensor };

/** All that is trained, and with what. */
export function buildNames({ cell, hidden, train, seed }: BuildNames): {
  model: RecurrentLanguageModel;
  task: Task<Names>;
  loader: DataLoader<Batch<NameFields>>;
} {
  const model = new RecurrentLanguageModel({ vocabulary: 27, embedding: 32, hidden, layers: 1, cell, dropout: 0.2 });
  const optimizer = new AdamW(model, { learningRate: 5e-3, weightDecay: 0.01 });
  const loss = ({ x, y }: Names): Tensor =>
    crossEntropy(model.forward(x).logits.reshape([-1, 27]), y.reshape([-1]), { ignoreIndex: nothing });
  return {
    model,
    task: { parts: { model, optimizer }, step: (batch) => minimize(optimizer, () => loss(batch)), validate: loss },
    loader: new DataLoader(train, { batchSize: 128, shuffle: true, seed }),
  };
}

/** The names of a file: 80 % to learn from, 10 % to look at while learning, 10 % that nothing is chosen by. */
export async function loadNames(path: string) {
  const text = await readFile(path, 'utf8');
  const all = text.split(/\r?\n/).filter((name) => name !== '');
  const strange = all.findIndex((name) => !/^[a-z]+$/.test(name));
  if (strange !== -1)
    throw new Error(`line ${strange + 1} of names.txt is '${all[strange]}': names are letters a … z, one name a line.`);
  const rows = new ArrayDataset({ row: { data: Int32Array.from(all, (_, i) => i), shape: [] } });
  const split = trainTestSplit(rows, { test: 0.1, validation: 0.1, seed: 1 });
  const of = (part: {
    length: number;
    gather(rows: ArrayLike<number>): { row: { data: ArrayLike<number> } };
  }): string[] =>
    Array.from(part.gather(Uint32Array.from({ length: part.length }, (_, i) => i)).row.data, (row) => all[row] ?? '');
  return { all, learnt: of(split.train), seen: of(split.validation), unseen: of(split.test) };
}

async function names(kit: ExampleKit<Options>): Promise<void> {
  const folder = await kit.folder('names');
  const path = folder === undefined ? kit.carried('names.txt') : join(folder, 'names.txt');
  const { all, learnt, seen, unseen } = await loadNames(path);
  const most = kit.choose({ quick: 4000, normal: learnt.length, full: learnt.length });
  const train = asDataset(learnt.slice(0, most));
  kit.say(`${train.length} names to learn from, ${unseen.length} to test with`);

  const hidden = kit.choose({ quick: 64, normal: 128, full: 256 });
  const { model, task, loader } = buildNames({ cell: kit.options.cell, hidden, train, seed: kit.seed });
  kit.show('names', model, [{ shape: ['batch', 'letters'], dtype: 'int32' }]);

  kit.heading('Names');
  await fit(task, loader, {
    epochs: kit.choose({ quick: 4, normal: 4, full: 6 }),
    schedule: oneCycleSchedule({ warmup: 0.1 }),
    validation: asDataset(seen),
    ...kit.training('names'),
  });
  if (kit.signal.aborted) return;

  // Mean surprise of a letter, over all letters and ends of the test: e^loss is among how many letters, equally likely ones, the network hesitates.
  const surprise = await surpriseOf(model, asDataset(unseen));
  kit.metric('test loss, nats per character', surprise, {
    target: { quick: { atMost: 2.35 }, normal: { atMost: 2.12 }, full: { atMost: 2.03 } },
  });
  // One in ten names stands in the file twice or more; those of the test that were not learnt say whether it knows names, or these names.
  const learntNames = new Set(learnt);
  const strangers = unseen.filter((name) => !learntNames.has(name));
  kit.metric('test loss of names that were not learnt', await surpriseOf(model, asDataset(strangers)));

  // Names of its own: a letter is drawn by the probabilities that the network gives, and read as the next one.
  const known = new Set(all);
  const own: { name: string; isNew: boolean }[] = [];
  for (let i = 0; own.filter(({ isNew }) => isNew).length < 20 && i < 500; i++) {
    const tokens: number[] = [];
    const options = { maxTokens: 15, stop: [edge], temperature: 0.8, seed: kit.seed * 1000 + i };
    for await (const token of generate(model.given(), [edge], options)) tokens.push(token);
    const name = toName(tokens);
    if (name.length > 1 && !own.some((other) => other.name === name)) own.push({ name, isNew: !known.has(name) });
  }
  const fresh = own.filter(({ isNew }) => isNew).map(({ name }) => name);
  kit.say('20 names that stand nowhere in the data:', fresh.join(', '));
  kit.metric('new names', fresh.length, { format: 'count', target: { quick: { atLeast: 20 }, normal: { atLeast: 20 }, full: { atLeast: 20 } } }); // prettier-ignore
  kit.section({
    kind: 'table',
    title: 'Names that the network made up',
    text: 'Drawn letter by letter, at a temperature of 0.8. Those that stand in the data are no achievement.',
    columns: [{ title: 'name' }, { title: 'in the data' }],
    rows: own.map(({ name, isNew }) => [name, isNew ? 'new' : 'in the data']),
  });
  kit.section(await hesitation(model, unseen.slice(0, 4)));

  const { x } = asDataset(unseen).gather(Uint32Array.from({ length: unseen.length }, (_, i) => i));
  await kit.onnx(
    'names',
    model,
    { inputs: { ids: { shape: ['batch', 'letters'], dtype: 'int32' } }, outputs: ['logits'] },
    tensor(x.data, { shape: x.shape }),
  );
  await kit.weights('names', model);
}

/** Σ of the losses of all letters, over how many there are. */
export async function surpriseOf(model: RecurrentLanguageModel, dataset: ArrayDataset<NameFields>): Promise<number> {
  const losses = compile((x: Tensor, y: Tensor) =>
    crossEntropy(model.forward(x).logits.reshape([-1, 27]), y.reshape([-1]), {
      ignoreIndex: nothing,
      reduction: 'sum',
    }),
  );
  model.eval();
  let [sum, count] = [0, 0];
  for (let at = 0; at < dataset.length; at += 512) {
    const size = Math.min(512, dataset.length - at);
    const { x, y } = dataset.gather(Uint32Array.from({ length: size }, (_, i) => at + i));
    sum += await losses(tensor(x.data, { shape: x.shape }), tensor(y.data, { shape: y.shape })).item();
    count += y.data.filter((token) => token !== nothing).length;
  }
  return sum / count;
}

/** How likely the network thought each letter of some names. */
async function hesitation(model: RecurrentLanguageModel, some: readonly string[]): Promise<Section> {
  const series: { name: string; points: [number, number][] }[] = [];
  for (const name of some) {
    const tokens = toTokens(name);
    const ids = tensor(Int32Array.of(edge, ...tokens), { shape: [1, tokens.length + 1] });
    const chances = Array.from(await model.eval().forward(ids).logits.softmax(-1).data(), Number);
    const points = [...tokens, edge].map((token, i): [number, number] => [i + 1, chances[27 * i + token] ?? 0]);
    series.push({ name, points });
  }
  return {
    kind: 'chart',
    title: 'What it expected',
    text: 'Names that it has not seen, and how likely it thought each of their letters, the last point the end: little at the beginning, where all is open, and much where few letters fit.',
    series: series.map((each) => ({ ...each, look: 'marked' })),
    x: { label: 'letter' },
    y: { label: 'probability', range: [0, 1], format: 'percent' },
  };
}

// ── Sunspots ───────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface BuildSunspots {
  readonly cell: Options['cell'];
  /** Months, scaled; those to learn from. */
  readonly train: Float32Array;
  readonly seed: number;
}

export const windowFields = (series: Float32Array, length: number, stride: number) => {
  const count = Math.floor((series.length - length - 1) / stride) + 1;
  const [x, y] = [new Float32Array(count * length), new Float32Array(count * length)];
  for (let i = 0; i < count; i++) {
    x.set(series.subarray(i * stride, i * stride + length), i * length);
    y.set(series.subarray(i * stride + 1, i * stride + length + 1), i * length);
  }
  return { x: { data: x, shape: [length, 1] }, y: { data: y, shape: [length, 1] } };
};

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

/** Months in their order, as they were counted and scaled; up to `learnt` to learn from, from `end` on to test with. */
export async function loadSunspots(path: string) {
  const spots = parseCsv(await readFile(path, 'utf8')).numbers('Sunspots');
  // By time: what comes later is never learnt from. Counts vary as much as they are large; their roots vary evenly.
  const [learnt, end] = [0.7, 0.8].map((share) => Math.floor(spots.length * share)) as [number, number];
  const scale = (count: number): number => Math.sqrt(count) / 4 - 1.5;
  const unscale = (value: number): number => Math.max(0, 4 * (value + 1.5)) ** 2;
  return { spots, series: Float32Array.from(spots, scale), learnt, end, unscale };
}

async function sunspots(kit: ExampleKit<Options>): Promise<void> {
  const { spots, series, learnt, end, unscale } = await loadSunspots(kit.carried('sunspots.csv'));

  kit.heading('Sunspots');
  kit.say(
    `${learnt} months to learn from, ${end - learnt} later ones to look at, ${spots.length - end} later still to test with`,
  );
  const { model, task, loader } = buildSunspots({
    cell: kit.options.cell,
    train: series.subarray(0, learnt),
    seed: kit.seed,
  });
  kit.show('sunspots', model, [['batch', 'months', 1]]);
  await fit(task, loader, {
    epochs: kit.choose({ quick: 8, normal: 12, full: 12 }),
    schedule: oneCycleSchedule({ warmup: 0.2 }),
    validation: new ArrayDataset(windowFields(series.subarray(learnt - 120, end), 240, 12)),
    validateEvery: { epochs: 4 },
    ...kit.training('sunspots'),
  });
  if (kit.signal.aborted) return;

  // The network reads all months from the first on, and at each forecasts the next.
  const whole = tensor(series.subarray(0, spots.length - 1), { shape: [1, spots.length - 1, 1] });
  const forecasts = Array.from(await model.eval().forward(whole).output.data(), Number).map(unscale);
  const rmse = (forecast: (month: number) => number): number => {
    let sum = 0;
    for (let t = end; t < spots.length; t++) sum += ((spots[t] ?? 0) - forecast(t)) ** 2;
    return Math.sqrt(sum / (spots.length - end));
  };
  const own = rmse((t) => forecasts[t - 1] ?? 0);
  const last = rmse((t) => spots[t - 1] ?? 0);
  // The cycle of the sun: eleven years. The other season, of twelve months, is none of the sun's.
  const [cycle, year] = [132, 12].map((period) => rmse((t) => spots[t - period] ?? 0)) as [number, number];
  const least = Math.min(last, cycle, year);
  kit.metric('root mean square error, a month ahead', own, { target: { quick: { atMost: least }, normal: { atMost: least }, full: { atMost: least } } }); // prettier-ignore
  kit.section({
    kind: 'table',
    title: 'Sunspots a month ahead',
    text: `Root mean square error over the last ${spots.length - end} months, of which nothing was learnt.`,
    columns: [{ title: 'forecast' }, { title: 'error' }],
    rows: [
      [`the network (${kit.options.cell})`, own],
      ['as many as last month', last],
      ['as many as a year ago', year],
      ['as many as a cycle of 11 years ago', cycle],
    ],
  });
  const months = 30 * 12;
  const from = spots.length - months;
  const years = (t: number): number => 1749 + t / 12 - 1900;
  kit.section({
    kind: 'chart',
    title: 'The last thirty years',
    series: [
      {
        name: 'counted',
        look: 'faint',
        points: Array.from({ length: months }, (_, i) => [years(from + i), spots[from + i] ?? 0]),
      },
      { name: 'forecast a month before', points: Array.from({ length: months }, (_, i) => [years(from + i), forecasts[from + i - 1] ?? 0]) }, // prettier-ignore
    ],
    x: { label: 'years after 1900' },
    y: { label: 'sunspots' },
  });
  // Many steps ahead: each forecast is read as if it had happened. What is not known fades to the mean.
  const ahead = 132;
  const far = model.forecast(whole.narrow(1, 0, end), ahead);
  const expected = Array.from(await far.data(), Number).map(unscale);
  kit.section({
    kind: 'chart',
    title: 'Eleven years at once',
    text: 'From the last month that was learnt, every forecast read as if it had happened. A month ahead it knows much; a cycle ahead it knows that there are cycles.',
    series: [
      { name: 'counted', look: 'faint', points: Array.from({ length: 2 * ahead }, (_, i) => [years(end - ahead + i), spots[end - ahead + i] ?? 0]) }, // prettier-ignore
      { name: 'forecast', points: expected.map((count, i): [number, number] => [years(end + i), count]) },
    ],
    x: { label: 'years after 1900' },
    y: { label: 'sunspots' },
  });

  await kit.onnx('sunspots', model, { inputs: { series: ['batch', 'months', 1] }, outputs: ['output'] }, whole);
  await kit.weights('sunspots', model);
}
