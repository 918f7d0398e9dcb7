/** What an example is given while it runs, and what is made of it: a report, `results.json`, an exit code. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFile } from '@hebb/files';
import {
  Checkpoint,
  downloadMnist,
  exportOnnx,
  saveOnnx,
  summary,
  TerminalProgress,
  TrainingError,
  verifyOnnx,
  writeReport,
  writeSafetensors,
  type AnyModule,
  type Callback,
  type DeviceName,
  type Evaluation,
  type Figure,
  type History,
  type Section,
  type Summary,
} from 'hebb';
import { columns, formatBytes, formatCount, formatSeconds, heading, say } from './display.ts';
import type { Example, ExampleKit, Level, MetricOptions, Samples, Target, TrainingOptions } from './example.ts';
import { machine } from './machine.ts';
import type { RunFolder } from './run-folder.ts';

/** Ends a run at the next call of the kit once Ctrl-C was pressed. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** How a run is called. */
export interface RunSettings<O> {
  readonly level: Level;
  readonly seed: number;
  readonly device: DeviceName | undefined;
  /** What `--data` says, absolute. */
  readonly data: string | undefined;
  readonly signal: AbortSignal;
  readonly options: O;
  /** As it can be typed again. */
  readonly command: string;
  readonly deviceDescription: string;
  carried(name: string): string;
}

/** What a metric was, and had to be. */
export interface MetricResult {
  readonly name: string;
  readonly value: number;
  readonly format: NonNullable<MetricOptions['format']>;
  readonly target?: Target;
  readonly passed: boolean;
}

/** What results.json holds. */
export interface Results {
  readonly example: string;
  readonly level: Level;
  readonly command: string;
  readonly seed: number;
  readonly device: string;
  readonly machine: string;
  readonly seconds: number;
  readonly parameters: number;
  readonly metrics: readonly MetricResult[];
  readonly onnx: readonly OnnxResult[];
  readonly passed: boolean;
}

export interface OnnxResult {
  readonly file: string;
  readonly passed: boolean;
  readonly rows: number;
  readonly maxAbsoluteDifference: number;
}

export class Kit<O> implements ExampleKit<O> {
  readonly level: Level;
  readonly seed: number;
  readonly device: DeviceName | undefined;
  readonly out: string;
  readonly signal: AbortSignal;
  readonly options: O;
  readonly #example: Example<O>;
  readonly #settings: RunSettings<O>;
  readonly #folder: RunFolder;
  readonly #summaries: Record<string, Summary> = {};
  readonly #histories: Record<string, History> = {};
  readonly #metrics: MetricResult[] = [];
  readonly #sections: Section[] = [];
  readonly #onnx: OnnxResult[] = [];
  #about: { readonly line: string; readonly data: string } | undefined;
  /** What the files hold, by name. */
  readonly #files = new Map<string, string>();

  constructor(example: Example<O>, settings: RunSettings<O>, folder: RunFolder) {
    this.#example = example;
    this.#settings = settings;
    this.#folder = folder;
    this.level = settings.level;
    this.seed = settings.seed;
    this.device = settings.device;
    this.out = folder.folder;
    this.signal = settings.signal;
    this.options = settings.options;
  }

  choose<T>(byLevel: Readonly<Record<Level, T>>): T {
    return byLevel[this.level];
  }

  async folder(name: string): Promise<string | undefined> {
    const { data, signal } = this.#settings;
    if (data !== undefined) return await folderIn(data, name);
    if (this.level === 'full' && name === 'mnist') return await downloadMnist({ signal });
    return undefined;
  }

  carried(name: string): string {
    return this.#settings.carried(name);
  }

  heading(text: string): void {
    this.#goOn();
    say(heading(text));
  }

  say(...lines: readonly string[]): void {
    this.#goOn();
    say(...lines);
  }

  show(name: string, model: AnyModule, inputs: Parameters<ExampleKit['show']>[2]): void {
    this.#goOn();
    const width = columns();
    const table = summary(model, inputs, width === undefined ? {} : { columns: width });
    this.#summaries[name] = table;
    say(heading(capitalized(name)), String(table));
  }

  training(name: string, { unit }: TrainingOptions = {}): ReturnType<ExampleKit['training']> {
    this.#goOn();
    const folder = this.#folder.checkpoints(name);
    const remember: Callback = { onTrainEnd: (history) => void (this.#histories[name] = history) };
    return {
      progress: new TerminalProgress({ stream: process.stdout, ...(unit !== undefined && { unit }) }),
      signal: this.signal,
      callbacks: [new Checkpoint(folder, { saveBest: false }), remember],
      resume: folder,
    };
  }

  metric(name: string, value: number, { format = 'number', target }: MetricOptions = {}): void {
    this.#goOn();
    const asked = target === undefined || isTarget(target) ? target : target[this.level];
    const passed = asked === undefined || isMet(asked, value);
    this.#metrics.push({ name, value, format, ...(asked !== undefined && { target: asked }), passed });
    const mark = asked === undefined ? ' ' : passed ? '✓' : '✗';
    const wanted = asked === undefined ? '' : ` (${describeTarget(asked, format)})`;
    say(`${mark} ${name}: ${formatMetricValue(value, format)}${wanted}`);
  }

  about(line: string, data: string): void {
    this.#about = { line, data };
  }

  section(...sections: readonly Section[]): void {
    this.#goOn();
    this.#sections.push(...sections);
  }

  async onnx(
    name: string,
    model: AnyModule,
    options: Parameters<typeof exportOnnx>[1],
    samples: Samples | readonly Samples[],
    verification: { readonly tolerance?: number; readonly batchSize?: number } = {},
  ): Promise<void> {
    this.#goOn();
    const file = `${name}.onnx`;
    const path = await this.#file(file, 'the network, for any ONNX runtime');
    await saveOnnx(path, await exportOnnx(model, options));
    const bytes = await readFile(path);
    let [rows, largest, passed] = [0, 0, true];
    for (const each of listOf(samples)) {
      const proof = await verifyOnnx(bytes, model, each, verification);
      rows += proof.rows;
      largest = Math.max(largest, proof.maxAbsoluteDifference);
      passed &&= proof.ok;
    }
    this.#goOn();
    this.#onnx.push({ file, passed, rows, maxAbsoluteDifference: largest });
    say(
      // Eighty columns of a terminal, for names of files as they are.
      `${passed ? '✓' : '✗'} ${file}: onnxruntime ${passed ? 'agrees' : 'differs'}, ${rowsOf(rows)}, at most ${largest.toExponential(1)} apart`,
    );
  }

  async weights(name: string, model: AnyModule): Promise<void> {
    this.#goOn();
    const path = await this.#file(`${name}.safetensors`, 'the weights, under PyTorch’s names');
    await writeSafetensors(path, model.stateDict());
  }

  async file(name: string, what: string): Promise<string> {
    this.#goOn();
    return await this.#file(name, what);
  }

  /** Writes the report and the results, and says where they are. */
  async finish(): Promise<Results> {
    this.#goOn();
    const { command, deviceDescription } = this.#settings;
    const models = Object.values(this.#summaries);
    const onnx = this.#onnx;
    const results: Results = {
      example: this.#example.name,
      level: this.level,
      command,
      seed: this.seed,
      device: deviceDescription,
      machine: machine(),
      seconds: this.#folder.seconds,
      parameters: models.reduce((sum, { parameters }) => sum + parameters, 0),
      metrics: this.#metrics,
      onnx,
      passed: [...this.#metrics, ...onnx].every(({ passed }) => passed),
    };
    const { line, data } = this.#about ?? this.#ofExample();
    const evaluation: Evaluation = {
      metrics: {},
      count: 0,
      seconds: 0,
      examplesPerSecond: 0,
      toJSON: () => results,
      sections: () => [
        ...(this.#metrics.length === 0
          ? []
          : [{ kind: 'figures' as const, title: 'Results', figures: this.#metrics.map(figureOf) }]),
        ...this.#sections,
      ],
    };
    const histories = Object.values(this.#histories);
    await writeReport(await this.#file('report.html', 'the report; open it in a browser'), {
      title: this.#example.title ?? capitalized(this.#example.name),
      subtitle: line,
      ...(models.length > 0 && { summary: models.length === 1 ? (models[0] as Summary) : this.#summaries }),
      ...(histories.length > 0 && { history: histories.length === 1 ? (histories[0] as History) : this.#histories }),
      evaluation,
      ...(onnx.length > 0 && {
        onnx: {
          passed: onnx.every(({ passed }) => passed),
          verdict: onnx.every(({ passed }) => passed)
            ? `onnxruntime computes what the model does, for all ${rowsOf(onnx.reduce((sum, { rows }) => sum + rows, 0))} compared.`
            : 'onnxruntime computes something else than the model.',
          facts: Object.fromEntries(
            onnx.map(({ file, rows, maxAbsoluteDifference }) => [
              file,
              `${rowsOf(rows)}, largest difference ${maxAbsoluteDifference.toExponential(1)}`,
            ]),
          ),
        },
      }),
      environment: {
        Command: command,
        Data: data,
        Device: deviceDescription,
        Machine: results.machine,
        Seed: this.seed,
        'Time in all': formatSeconds(results.seconds),
        Finished: new Date().toISOString().replace('T', ' ').replace(/\..*/, ' UTC'),
      },
    });
    await writeFile(await this.#file('results.json', 'the figures'), `${JSON.stringify(results, null, 2)}\n`);
    await this.#folder.save(true);
    say(heading(`Saved in ${this.out}`));
    const width = Math.max(...[...this.#files.keys()].map((name) => name.length));
    for (const [name, what] of this.#files)
      say(`  ${name.padEnd(width)}  ${formatBytes((await stat(join(this.out, name))).size).padStart(8)}  ${what}`);
    return results;
  }

  #ofExample(): { readonly line: string; readonly data: string } {
    const { line, data } = this.#example;
    const isCarried = (this.#settings.data === undefined && this.level !== 'full') || data.full === 'the same';
    return { line, data: isCarried ? data.carried : data.full };
  }

  async #file(name: string, what: string): Promise<string> {
    this.#files.set(name, what);
    return await this.#folder.path(name);
  }

  #goOn(): void {
    if (this.signal.aborted) throw new Interrupted('The run was interrupted.');
  }
}

function figureOf({ name, value, format, target, passed }: MetricResult): Figure {
  const asked = target && { text: describeTarget(target, format), isMet: passed };
  return { name, value, format, ...(asked && { target: asked }) };
}

function isTarget(target: NonNullable<MetricOptions['target']>): target is Target {
  return 'atLeast' in target || 'atMost' in target;
}

export function isMet({ atLeast = -Infinity, atMost = Infinity }: Target, value: number): boolean {
  return value >= atLeast && value <= atMost;
}

export function describeTarget({ atLeast, atMost }: Target, format: MetricResult['format']): string {
  const parts = [
    atLeast === undefined ? '' : `at least ${formatMetricValue(atLeast, format)}`,
    atMost === undefined ? '' : `at most ${formatMetricValue(atMost, format)}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

export function formatMetricValue(value: number, format: MetricResult['format']): string {
  if (!Number.isFinite(value)) return String(value);
  if (format === 'percent') return `${(100 * value).toFixed(2)} %`;
  return format === 'count' ? formatCount(value) : String(Number(value.toPrecision(4)));
}

function listOf(samples: Samples | readonly Samples[]): readonly Samples[] {
  return Array.isArray(samples) ? (samples as readonly Samples[]) : [samples as Samples];
}

/** The set of that name in a folder of several, or the folder itself. */
export async function folderIn(data: string, name: string): Promise<string> {
  const own = join(data, name);
  return (await stat(own).catch(() => undefined))?.isDirectory() === true ? own : data;
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** What is missing, before anything is computed. */
export async function requireData(
  example: Example,
  { level, data }: { level: Level; data: string | undefined },
): Promise<void> {
  if (data !== undefined) {
    if ((await stat(data).catch(() => undefined)) !== undefined) return;
    throw new TrainingError(`[--data] there is no ${data}.`, { hint: `Give ${example.data.expects}.` });
  }
  const { full, expects } = example.data;
  if (level !== 'full' || full === 'the same' || /MNIST/.test(full)) return;
  throw new TrainingError(`[--full] ${example.name} takes ${full}, which does not come with Hebb.`, {
    hint: `Give it: --data DIR, ${expects}.`,
  });
}

const rowsOf = (count: number): string => `${formatCount(count)} ${count === 1 ? 'row' : 'rows'}`;
