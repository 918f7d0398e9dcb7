/** What an example is given: where its data lies, what shows its progress, and what keeps its results for the report. */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import picocolors from 'picocolors';
import {
  Checkpoint,
  DataError,
  downloadMnist,
  exportOnnx,
  saveOnnx,
  summary,
  TerminalProgress,
  verifyOnnx,
  writeReport,
  writeSafetensors,
  type Callback,
  type Figure,
  type History,
  type Section,
  type Summary,
} from 'hebb';
import type { ExampleKit, MetricOptions, Target } from '../contract.ts';
import { defaultsOf, type Options } from './options.ts';
import type { AnyExample } from './examples.ts';

/** Ctrl-C: what is trained is saved, and the same command goes on. */
export class Interrupted extends Error {
  static override readonly name: string = 'Interrupted';
}

/** Sets that the project carries, by name. */
const carried: Readonly<Record<string, string>> = {
  'digits.csv': fileURLToPath(new URL('../../quickstart/data/digits.csv', import.meta.url)),
};

interface Result {
  readonly name: string;
  readonly value: number;
  readonly target: Target | undefined;
  readonly passed: boolean;
}

/** Runs an example, and writes its report. Returns what failed, in words. */
export async function runExample(
  example: AnyExample,
  options: Options,
  signal: AbortSignal,
  device: string,
): Promise<string[]> {
  const begun = performance.now();
  const { level, seed } = options;
  const out = join(options.out, example.name);
  mkdirSync(out, { recursive: true });
  const own = { ...defaultsOf(example), ...options.own };
  // A run of other options is another run.
  const settings = [level, String(seed), ...Object.values(own).map(String)].join('-');
  const runs = join(out, `.run-${settings.replaceAll(/[^\w.-]/g, '_')}`);

  const failures: string[] = [];
  const results: Result[] = [];
  const sections: Section[] = [];
  const summaries: Record<string, Summary> = {};
  const histories = new Map<string, History>();
  const files: string[] = [];
  let verdict: { passed: boolean; verdict: string } | undefined;
  const say = (...lines: readonly string[]): void => {
    for (const line of lines) process.stdout.write(`${line}\n`);
  };
  // What is shown after an interruption would be of a network that is not trained.
  const goOn = (): void => {
    if (signal.aborted) throw new Interrupted();
  };

  const kit: ExampleKit<Readonly<Record<string, unknown>>> = {
    level,
    seed,
    signal,
    options: own,
    choose: (byLevel) => byLevel[level],
    folder: async (name) => {
      if (options.data !== undefined) return folderOf(options.data, name, example);
      if (level !== 'full') return undefined;
      if (name !== 'mnist')
        throw new DataError(`[example] --full needs --data: ${example.data.expects}.`, { hint: 'See its README.' });
      say('MNIST, from the cache or the network');
      return await downloadMnist({ signal });
    },
    carried: (name) => {
      const path = carried[name];
      if (path === undefined) throw new DataError(`[example] the project carries no ${name}.`);
      return path;
    },
    heading: (text) => {
      goOn();
      say('', picocolors.bold(text));
    },
    say,
    show: (name, model, inputs) => {
      goOn();
      const table = summary(model, inputs);
      summaries[name] = table;
      say(String(table));
    },
    training: (name) => {
      const keeper: Callback = {
        name: `history of ${name}`,
        onTrainEnd: (history) => void histories.set(name, history),
      };
      const folder = join(runs, name);
      return {
        progress: new TerminalProgress({ stream: process.stdout, validationName: 'test' }),
        signal,
        callbacks: [new Checkpoint(folder), keeper],
        resume: folder,
      };
    },
    metric: (name, value, { format, target }: MetricOptions = {}) => {
      goOn();
      const wanted = target?.[level];
      const passed = value >= (wanted?.atLeast ?? -Infinity) && value <= (wanted?.atMost ?? Infinity);
      const shown = (number: number): string => (format === 'percent' ? `${(100 * number).toFixed(2)} %` : number.toPrecision(4)); // prettier-ignore
      const said = [
        ...(wanted?.atLeast === undefined ? [] : [`at least ${shown(wanted.atLeast)}`]),
        ...(wanted?.atMost === undefined ? [] : [`at most ${shown(wanted.atMost)}`]),
      ].join(' and ');
      say(`${passed ? '✓' : '✗'} ${name} ${shown(value)}${said === '' ? '' : ` (${said})`}`);
      if (!passed) failures.push(`${name} is ${shown(value)}, not ${said}`);
      results.push({ name, value, target: wanted, passed });
      const figure: Figure = { name, value, ...(format !== undefined && { format }) };
      figures.push(figure);
    },
    section: (section) => void sections.push(section),
    onnx: async (name, model, exported, samples, { tolerance = 1e-4 } = {}) => {
      goOn();
      const bytes = await exportOnnx(model, exported);
      await saveOnnx(join(out, `${name}.onnx`), bytes);
      files.push(`${name}.onnx`);
      const proof = await verifyOnnx(bytes, model, samples, { tolerance });
      const text = `onnxruntime computes the same from ${name}.onnx for ${proof.rows} examples: they differ by at most ${proof.maxAbsoluteDifference.toExponential(1)}`;
      say(`${proof.ok ? '✓' : '✗'} ${text}`);
      if (!proof.ok) failures.push(`${name}.onnx computes something else`);
      verdict = { passed: (verdict?.passed ?? true) && proof.ok, verdict: proof.ok ? `${text}.` : `${name}.onnx computes something else.` }; // prettier-ignore
    },
    weights: async (name, model) => {
      await writeSafetensors(join(out, `${name}.safetensors`), model.stateDict());
      files.push(`${name}.safetensors`);
    },
  };
  const figures: Figure[] = [];
  await example.run(kit);
  goOn();

  const seconds = (performance.now() - begun) / 1000;
  const [history] = histories.values();
  await writeReport(join(out, 'report.html'), {
    title: example.line,
    summary: summaries,
    ...(history !== undefined && { history, validationName: 'test' }),
    sections: [{ kind: 'figures', title: 'What came out', figures }, ...sections],
    environment: { Device: device, Processors: availableParallelism(), Level: level, Seed: seed, ...facts(own), Time: `${seconds.toFixed(1)} s` }, // prettier-ignore
    ...(verdict !== undefined && { onnx: verdict }),
  });
  const record = { example: example.name, level, seed, options: own, device, seconds, results, failures };
  await writeFile(join(out, 'results.json'), `${JSON.stringify(record, undefined, 2)}\n`);
  rmSync(runs, { recursive: true, force: true });
  say('', `${files.concat('results.json', 'report.html').join(', ')} in ${out}, after ${seconds.toFixed(1)} s`);
  return failures;
}

/** The folder of a data set: the one that was given, or one of its name in it. */
function folderOf(data: string, name: string, example: AnyExample): string {
  const inner = join(data, name);
  if (statSync(inner, { throwIfNoEntry: false })?.isDirectory() === true) return inner;
  if (statSync(data, { throwIfNoEntry: false })?.isDirectory() === true) return data;
  throw new DataError(`[--data] there is no folder ${data}.`, { source: data, hint: `Give ${example.data.expects}.` });
}

const facts = (own: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(own).map(([name, value]) => [name, String(value)]));
