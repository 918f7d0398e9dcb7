/** A run's progress on a terminal: one line, rewritten in place; one plain line per epoch where the output is no terminal. */
import { checkOptions, requireString, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import type { Callback, EpochRecord, History, StepRecord, TrainingRun } from './callback.ts';
import { formatClock, formatCount, formatLoss, formatMetric, formatSeconds, words } from '@hebb/evaluation/format';
import { colorsFor, plain, TerminalLine, type Colors } from './terminal.ts';

/** What {@link TerminalProgress} writes to; `process.stdout` and `process.stderr` are such. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
  write(text: string): unknown;
}

export interface TerminalProgressOptions {
  /** Default `process.stderr`, so that results on the standard output stay clean; the console in a browser. */
  stream?: ProgressStream;
  /** What validation is called. Default 'validation'. */
  validationName?: string;
}

const progressOptions: OptionNames<TerminalProgressOptions> = { stream: requireStream, validationName: requireString };

function requireStream(where: string, name: string, value: unknown): void {
  const given = value as Partial<ProgressStream> | null;
  if (typeof given !== 'object' || typeof given?.write !== 'function')
    throw wrongArgument(where, name, 'a stream with write(text)', value);
}

/** The standard error, or a browser's console, a line at a time. */
function defaultStream(): ProgressStream {
  if (typeof process !== 'undefined' && typeof process.stderr?.write === 'function') return process.stderr;
  return { write: (text) => console.info(text.replace(/\n$/, '')) };
}

const repaintMilliseconds = 60;
/** A few widths, so that the bar does not change with every digit. */
const barWidths = [24, 16, 12, 8, 6];

/** What the line shows. */
export interface ProgressLine {
  readonly epoch: number;
  readonly epochCount: number;
  readonly step: number;
  readonly stepsPerEpoch: number;
  readonly loss: number;
  readonly examplesPerSecond: number;
  readonly secondsLeft: number;
  /** E.g. `accuracy 97.5 %`, of the last epoch. */
  readonly metric?: string;
}

/** The progress line, no wider than `columns`. What does not fit is left out, the least important first. */
export function progressLine(line: ProgressLine, columns: number, colors: Colors): string {
  const width = String(line.epochCount).length;
  const stepWidth = String(line.stepsPerEpoch).length;
  const texts = {
    epoch: `epoch ${String(line.epoch).padStart(width)}/${line.epochCount}`,
    step: `step ${String(line.step).padStart(stepWidth)}/${line.stepsPerEpoch}`,
    loss: Number.isNaN(line.loss) ? '' : `loss ${formatLoss(line.loss)}`,
    metric: line.metric ?? '',
    rate:
      Number.isFinite(line.examplesPerSecond) && line.examplesPerSecond > 0
        ? `${formatCount(line.examplesPerSecond)} examples/s`
        : '',
    left: Number.isFinite(line.secondsLeft) ? `${formatClock(line.secondsLeft)} left` : '',
  };
  const shown = new Set<keyof typeof texts>();
  let used = 0;
  for (const key of ['epoch', 'loss', 'left', 'step', 'rate', 'metric'] as const) {
    const cost = texts[key].length + (used === 0 ? 0 : 3);
    if (texts[key] === '' || used + cost > columns) continue;
    shown.add(key);
    used += cost;
  }
  const bar = drawBar(
    line.step / Math.max(1, line.stepsPerEpoch),
    barWidths.find((width) => width < columns - used) ?? 0,
    colors,
  );
  const paint = { epoch: colors.bold, step: String, loss: String, metric: String, rate: colors.dim, left: colors.dim };
  const parts = (Object.keys(texts) as (keyof typeof texts)[])
    .filter((key) => shown.has(key))
    .map((key) => paint[key](texts[key]));
  const [epoch = '', ...rest] = parts;
  const start = bar === '' ? epoch : `${epoch} ${bar}`;
  return [start, ...rest].join(bar === '' || rest.length === 0 ? ' · ' : colors.dim(' · '));
}

function drawBar(fraction: number, width: number, colors: Colors): string {
  if (width === 0) return '';
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return colors.cyan('━'.repeat(full)) + colors.dim('─'.repeat(width - full));
}

/** `epoch  3/20 · loss 0.1234 · validation loss 0.1012 · accuracy 97.78 % · 5,431 examples/s · 0.31 s`. */
function epochLine(record: EpochRecord, epochCount: number, validationName = 'validation'): string {
  const parts = [
    `epoch ${String(record.epoch).padStart(String(epochCount).length)}/${epochCount}`,
    `loss ${formatLoss(record.loss)}`,
  ];
  if (record.validationLoss !== undefined) parts.push(`${validationName} loss ${formatLoss(record.validationLoss)}`);
  for (const [name, value] of Object.entries(record.metrics))
    parts.push(`${validationName} ${words(name)} ${formatMetric(name, value)}`);
  parts.push(
    `${formatCount(record.examplesPerSecond)} examples/s`,
    formatSeconds(record.seconds + record.validationSeconds),
  );
  return parts.join(' · ');
}

/**
 * Shows a run's progress; what `progress: true` gives. On a terminal one line is rewritten in place and stays as a summary at the end; when
 * piped and on a browser's console, one plain line per epoch. Colours are left out where NO_COLOR is set.
 */
export class TerminalProgress implements Callback {
  readonly #stream: ProgressStream;
  readonly #validationName: string;
  readonly #live: boolean;
  #line: TerminalLine | undefined;
  readonly #colors: Colors;
  #painted = 0;
  #stepsSeen = 0;
  #firstStepAt = 0;
  #epochStartedAt = 0;
  #examplesOfEpoch = 0;
  #smoothed = Number.NaN;
  #metric: string | undefined;

  constructor(options: TerminalProgressOptions = {}) {
    checkOptions('TerminalProgress', options, progressOptions);
    const { stream = defaultStream(), validationName = 'validation' } = options;
    this.#stream = stream;
    this.#validationName = validationName;
    const environment = typeof process === 'undefined' ? {} : process.env;
    this.#live = stream.isTTY === true && environment['TERM'] !== 'dumb';
    this.#colors = this.#live ? colorsFor(environment) : plain;
  }

  onTrainStart(run: TrainingRun): void {
    if (this.#live) this.#line = new TerminalLine(this.#stream);
    this.#stepsSeen = 0;
    this.#smoothed = Number.NaN;
    this.#metric = undefined;
    this.#epochStartedAt = performance.now();
    this.#examplesOfEpoch = 0;
    this.#paint(
      {
        epoch: 1,
        epochCount: run.epochCount,
        step: 0,
        stepsPerEpoch: run.stepsPerEpoch,
        loss: Number.NaN,
        examplesPerSecond: 0,
        secondsLeft: Number.NaN,
      },
      true,
    );
  }

  onStep(step: StepRecord, run: TrainingRun): void {
    const now = performance.now();
    // The first step compiles; speeds and the time left are measured from its end.
    if (this.#stepsSeen++ === 0) this.#firstStepAt = this.#epochStartedAt = now;
    else this.#examplesOfEpoch += step.examples;
    this.#smoothed = Number.isNaN(this.#smoothed) ? step.loss : 0.9 * this.#smoothed + 0.1 * step.loss;
    const total = run.epochCount * run.stepsPerEpoch;
    const done = this.#stepsSeen - 1;
    this.#paint({
      epoch: step.epoch,
      epochCount: run.epochCount,
      step: step.stepOfEpoch,
      stepsPerEpoch: run.stepsPerEpoch,
      loss: this.#smoothed,
      examplesPerSecond: (this.#examplesOfEpoch * 1000) / (now - this.#epochStartedAt),
      secondsLeft: done === 0 ? Number.NaN : ((now - this.#firstStepAt) / 1000 / done) * (total - step.step),
      ...(this.#metric !== undefined && { metric: this.#metric }),
    });
  }

  onEpochEnd(record: EpochRecord, run: TrainingRun): void {
    this.#epochStartedAt = performance.now();
    this.#examplesOfEpoch = 0;
    const [metric] = Object.entries(record.metrics);
    if (metric !== undefined) this.#metric = `${words(metric[0])} ${formatMetric(...metric)}`;
    if (!this.#live) this.#stream.write(`${epochLine(record, run.epochCount, this.#validationName)}\n`);
  }

  onTrainEnd(history: History): void {
    const last = history.epochs.at(-1);
    const count = `${history.epochs.length} ${history.epochs.length === 1 ? 'epoch' : 'epochs'}`;
    const parts = [`${history.interrupted ? 'interrupted after ' : ''}${count} in ${formatSeconds(history.seconds)}`];
    if (last !== undefined) {
      parts.push(`loss ${formatLoss(last.loss)}`);
      for (const [name, value] of Object.entries(last.metrics))
        parts.push(`${this.#validationName} ${words(name)} ${formatMetric(name, value)}`);
      const best = Math.max(...history.epochs.map((epoch) => epoch.examplesPerSecond));
      parts.push(`up to ${formatCount(best)} examples/s`);
    }
    const summary = parts.join(' · ');
    this.#finish(summary);
    if (history.stopReason !== undefined) this.#stream.write(`stopped early: ${history.stopReason}\n`);
  }

  onTrainError(): void {
    this.#line?.end();
  }

  #finish(summary: string): void {
    if (this.#line === undefined) this.#stream.write(`${summary}\n`);
    else this.#line.end(summary);
  }

  #paint(line: ProgressLine, force = false): void {
    if (this.#line === undefined) return;
    const now = performance.now();
    if (!force && now - this.#painted < repaintMilliseconds && line.step < line.stepsPerEpoch) return;
    this.#painted = now;
    this.#line.show(progressLine(line, Math.max(20, (this.#stream.columns || 80) - 1), this.#colors));
  }
}
