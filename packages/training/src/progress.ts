/** A run's progress on a terminal: one line, rewritten in place; plain lines where the output is no terminal. */
import { checkOptions, requireString, wrongArgument, type OptionNames } from '@hebb/tensor/arguments';
import type { Callback, EpochRecord, History, Run, StepRecord, ValidationRecord } from './callback.ts';
import { formatClock, formatCount, formatLoss, formatMetric, formatSeconds, words } from '@hebb/evaluation/format';
import type { RecordedNumbers } from './validation-numbers.ts';
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
  /** What an example of a batch is called where rates are shown: `steps` where a batch is a whole graph. Default 'examples'. */
  unit?: string;
}

const progressOptions: OptionNames<TerminalProgressOptions> = {
  stream: requireStream,
  validationName: requireString,
  unit: requireString,
};

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
  /** Of a run of so many epochs. */
  readonly epochCount?: number;
  /** Step of the epoch; of a run of so many steps, of the run. */
  readonly step: number;
  /** Where the data knows its length. */
  readonly stepsPerEpoch?: number;
  /** Of a run of so many steps. */
  readonly stepCount?: number;
  readonly loss: number;
  /** What the loss is called where the steps return it under another name. Default 'loss'. */
  readonly lossName?: string;
  /** E.g. `g loss 0.6931`: further numbers of the step. */
  readonly others?: readonly string[];
  readonly examplesPerSecond: number;
  /** What is counted. Default 'examples'. */
  readonly unit?: string;
  readonly secondsLeft: number;
  /** E.g. `accuracy 97.5 %`, of the last validation; `validating …` while there is one. */
  readonly metric?: string;
}

/** `  12/200`, `12` where the whole is not known. */
function ofWhole(part: number, whole: number | undefined): string {
  return whole === undefined ? String(part) : `${String(part).padStart(String(whole).length)}/${whole}`;
}

/** A part of the line; those of the lowest ranks are shown first where not all have room. */
interface Part {
  readonly text: string;
  readonly rank: number;
  readonly paint?: (text: string) => string;
}

function formatRate(examplesPerSecond: number, unit: string): string {
  const isKnown = Number.isFinite(examplesPerSecond) && examplesPerSecond > 0;
  return isKnown ? `${formatCount(examplesPerSecond)} ${unit}/s` : '';
}

/** The progress line, no wider than `columns`. What does not fit is left out, the least important first. */
export function progressLine(line: ProgressLine, columns: number, colors: Colors): string {
  const isBySteps = line.stepCount !== undefined;
  const parts: readonly Part[] = [
    {
      text: isBySteps ? `step ${ofWhole(line.step, line.stepCount)}` : `epoch ${ofWhole(line.epoch, line.epochCount)}`,
      rank: 0,
      paint: colors.bold,
    },
    {
      text: isBySteps
        ? line.epoch > 1
          ? `epoch ${line.epoch}`
          : ''
        : `step ${ofWhole(line.step, line.stepsPerEpoch)}`,
      rank: 5,
    },
    { text: Number.isNaN(line.loss) ? '' : `${line.lossName ?? 'loss'} ${formatLoss(line.loss)}`, rank: 1 },
    ...(line.others ?? []).map((text) => ({ text, rank: 3 })),
    { text: line.metric ?? '', rank: 2 },
    { text: formatRate(line.examplesPerSecond, line.unit ?? 'examples'), rank: 6, paint: colors.dim },
    {
      text: Number.isFinite(line.secondsLeft) ? `${formatClock(line.secondsLeft)} left` : '',
      rank: 4,
      paint: colors.dim,
    },
  ];
  const { shown, used } = fitting(parts, columns);
  const whole = line.stepCount ?? line.stepsPerEpoch;
  const bar =
    whole === undefined
      ? ''
      : drawBar(line.step / Math.max(1, whole), barWidths.find((width) => width < columns - used) ?? 0, colors);
  const [head = '', ...rest] = shown.map(({ text, paint = String }) => paint(text));
  const start = bar === '' ? head : `${head} ${bar}`;
  return [start, ...rest].join(bar === '' || rest.length === 0 ? ' · ' : colors.dim(' · '));
}

/** Those that have room in a line, in their order, and the columns that they take with three between each two. */
function fitting(parts: readonly Part[], columns: number): { readonly shown: readonly Part[]; readonly used: number } {
  const fit = new Set<Part>();
  let used = 0;
  for (const part of [...parts].sort((a, b) => a.rank - b.rank)) {
    const cost = part.text.length + (used === 0 ? 0 : 3);
    if (part.text === '' || used + cost > columns) continue;
    fit.add(part);
    used += cost;
  }
  return { shown: parts.filter((part) => fit.has(part)), used };
}

function drawBar(fraction: number, width: number, colors: Colors): string {
  if (width === 0) return '';
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return colors.cyan('━'.repeat(full)) + colors.dim('─'.repeat(width - full));
}

/** `validation loss 0.1012`, `validation d loss 0.6931`, `validation accuracy 97.78 %`. */
function validationParts(
  { validationLoss, validationScalars = {}, metrics }: Partial<RecordedNumbers>,
  validationName: string,
): string[] {
  const loss = validationLoss === undefined ? [] : [`loss ${formatLoss(validationLoss)}`];
  const others = validationLoss === undefined ? [] : otherParts(validationScalars, validationLoss);
  const measured = Object.entries(metrics ?? {}).map(([name, value]) => `${words(name)} ${formatMetric(name, value)}`);
  return [...loss, ...others, ...measured].map((part) => `${validationName} ${part}`);
}

/** The loss, what it is called (the first number that the steps return, where none is called so), and the others in words. */
function numbersOf(
  loss: number,
  scalars: Readonly<Record<string, number>>,
): Required<Pick<ProgressLine, 'loss' | 'lossName' | 'others'>> {
  const [first = 'loss'] = Object.keys(scalars);
  return { loss, lossName: 'loss' in scalars ? 'loss' : words(first), others: otherParts(scalars, loss) };
}

/** Examples a second over epochs, without the first of several, which compiles. */
function rateOf(epochs: readonly EpochRecord[]): number {
  const counted = epochs.length > 1 ? epochs.slice(1) : epochs;
  const total = (of: (epoch: EpochRecord) => number): number => counted.reduce((sum, epoch) => sum + of(epoch), 0);
  return total(({ examplesPerSecond, seconds }) => examplesPerSecond * seconds) / total(({ seconds }) => seconds);
}

/** The numbers of steps but for the loss, as `g loss 0.6931`. */
function otherParts(scalars: Readonly<Record<string, number>>, loss: number): string[] {
  const others = Object.entries(scalars).filter(([name]) => name !== 'loss');
  if (!('loss' in scalars) && others[0]?.[1] === loss) others.shift();
  return others
    .filter(([, value]) => !Number.isNaN(value))
    .map(([name, value]) => `${words(name)} ${formatMetric(name, value)}`);
}

/** `epoch  3/20 · loss 0.1234 · validation loss 0.1012 · accuracy 97.78 % · 5,431 examples/s · 0.31 s`. */
function epochLine(record: EpochRecord, epochCount: number | undefined, validationName: string, unit: string): string {
  const { lossName, others } = numbersOf(record.loss, record.scalars);
  return [
    `epoch ${ofWhole(record.epoch, epochCount)}`,
    `${lossName} ${formatLoss(record.loss)}`,
    ...others,
    ...validationParts(record, validationName),
    `${formatCount(record.examplesPerSecond)} ${unit}/s`,
    formatSeconds(record.seconds + record.validationSeconds),
  ].join(' · ');
}

/** Plain lines of a run of so many steps, whose epochs may never end. */
const linesPerRun = 20;

/**
 * Shows a run's progress; what `progress: true` gives. On a terminal one line is rewritten in place and stays as a summary at the end; when
 * piped and on a browser's console, one plain line per epoch (of a run of so many steps: twenty in all) and one per validation in between.
 * Colours are left out where NO_COLOR is set.
 */
export class TerminalProgress implements Callback {
  static readonly type: string = 'TerminalProgress';

  readonly #stream: ProgressStream;
  readonly #validationName: string;
  readonly #unit: string;
  readonly #live: boolean;
  #line: TerminalLine | undefined;
  readonly #colors: Colors;
  #painted = 0;
  /** The first step that is seen, and when. */
  #first: { readonly step: number; readonly time: number } | undefined;
  #countingSince = 0;
  #examples = 0;
  readonly #smoothed = new Map<string, number>();
  /** Of the last step, smoothed. */
  #numbers: ReturnType<typeof numbersOf> | undefined;
  #metric: string | undefined;
  /** What was painted last. */
  #shown: ProgressLine | undefined;
  /** A validation that has not been shown with its epoch yet. */
  #validation: ValidationRecord | undefined;

  constructor(options: TerminalProgressOptions = {}) {
    checkOptions('TerminalProgress', options, progressOptions);
    const { stream = defaultStream(), validationName = 'validation', unit = 'examples' } = options;
    this.#stream = stream;
    this.#validationName = validationName;
    this.#unit = unit;
    const environment = typeof process === 'undefined' ? {} : process.env;
    this.#live = stream.isTTY === true && environment['TERM'] !== 'dumb';
    this.#colors = this.#live ? colorsFor(environment) : plain;
  }

  onTrainStart(run: Run): void {
    if (this.#live) this.#line = new TerminalLine(this.#stream);
    this.#first = undefined;
    this.#smoothed.clear();
    this.#numbers = undefined;
    this.#metric = undefined;
    this.#validation = undefined;
    this.#startCounting();
    this.#paint(
      { ...wholeOf(run), epoch: 1, step: 0, loss: Number.NaN, examplesPerSecond: 0, secondsLeft: Number.NaN },
      true,
    );
  }

  onStep(step: StepRecord, run: Run): void {
    this.#showValidation(run);
    const now = performance.now();
    // The first step compiles; speeds and the time left are measured from its end.
    if (this.#first === undefined) {
      this.#first = { step: step.step, time: now };
      this.#startCounting();
    } else this.#examples += step.examples;
    for (const [name, value] of Object.entries({ ...step.scalars, loss: step.loss })) {
      const before = this.#smoothed.get(name);
      this.#smoothed.set(name, before === undefined ? value : 0.9 * before + 0.1 * value);
    }
    const { loss = Number.NaN, ...others } = Object.fromEntries(this.#smoothed);
    this.#numbers = numbersOf(loss, 'loss' in step.scalars ? { loss, ...others } : others);
    const whole = wholeOf(run);
    const done = step.step - this.#first.step;
    const left = (run.stepCount ?? Number.NaN) - step.step;
    const line: ProgressLine = {
      ...whole,
      epoch: step.epoch,
      step: whole.stepCount === undefined ? step.stepOfEpoch : step.step,
      ...this.#numbers,
      unit: this.#unit,
      examplesPerSecond: (this.#examples * 1000) / (now - this.#countingSince),
      secondsLeft: done === 0 ? Number.NaN : ((now - this.#first.time) / 1000 / done) * left,
      ...(this.#metric !== undefined && { metric: this.#metric }),
    };
    this.#paint(line);
    const { stepCount } = whole;
    if (this.#live || stepCount === undefined) return;
    if (step.step % Math.max(1, Math.round(stepCount / linesPerRun)) === 0)
      this.#stream.write(`${progressLine(line, Infinity, plain).replace(/ [━─]+/, '')}\n`);
  }

  onValidationStart(): void {
    if (this.#shown !== undefined) this.#paint({ ...this.#shown, metric: 'validating …' }, true);
  }

  onValidation(validation: ValidationRecord): void {
    this.#countingSince += 1000 * validation.seconds; // the rate is that of the training
    const { validationLoss, metrics } = validation;
    this.#validation = validation;
    const [metric] = Object.entries(metrics);
    if (metric !== undefined) this.#metric = `${words(metric[0])} ${formatMetric(...metric)}`;
    else if (validationLoss !== undefined) this.#metric = `${this.#validationName} loss ${formatLoss(validationLoss)}`;
    // Saving, which comes next, may take its time too.
    if (this.#shown === undefined) return;
    const { metric: _, ...line } = this.#shown;
    this.#paint({ ...line, ...(this.#metric !== undefined && { metric: this.#metric }) }, true);
  }

  onEpochEnd(record: EpochRecord, run: Run): void {
    this.#startCounting();
    if (run.epochCount === undefined) return;
    this.#validation = undefined;
    if (!this.#live) this.#stream.write(`${epochLine(record, run.epochCount, this.#validationName, this.#unit)}\n`);
  }

  onTrainEnd(history: History, run: Run): void {
    this.#showValidation(run);
    const isBySteps = run.epochCount === undefined;
    const done = isBySteps ? history.losses.length : history.epochs.length;
    const count = `${isBySteps ? formatCount(done) : done} ${isBySteps ? 'step' : 'epoch'}${done === 1 ? '' : 's'}`;
    const last = history.epochs.at(-1);
    const validation = isBySteps ? history.validations.at(-1) : last;
    const numbers = isBySteps ? this.#numbers : last && numbersOf(last.loss, last.scalars);
    const validated =
      validation === undefined
        ? []
        : Object.keys(validation.metrics).length > 0
          ? validationParts({ metrics: validation.metrics }, this.#validationName)
          : validationParts(validation, this.#validationName);
    const parts: readonly Part[] = [
      {
        text: `${history.interrupted ? 'interrupted after ' : ''}${count} in ${formatSeconds(history.seconds)}`,
        rank: 0,
      },
      { text: numbers === undefined ? '' : `${numbers.lossName} ${formatLoss(numbers.loss)}`, rank: 1 },
      ...(numbers?.others ?? []).map((text) => ({ text, rank: 3 })),
      ...validated.map((text) => ({ text, rank: 2 })),
      { text: formatRate(rateOf(history.epochs), this.#unit), rank: 4 },
    ];
    const { shown } = fitting(parts, this.#live ? this.#columns : Infinity);
    this.#finish(shown.map(({ text }) => text).join(' · '));
    if (history.stopReason !== undefined) this.#stream.write(`stopped early: ${history.stopReason}\n`);
    for (const warning of history.warnings ?? []) this.#stream.write(`warning: ${warning}\n`);
  }

  onTrainError(): void {
    this.#line?.end();
  }

  /** A plain line for a validation that was not at the end of an epoch. */
  #showValidation(run: Run): void {
    const validation = this.#validation;
    this.#validation = undefined;
    if (validation === undefined || this.#live) return;
    const parts = [
      `step ${ofWhole(validation.step, run.stepCount)}`,
      ...validationParts(validation, this.#validationName),
    ];
    this.#stream.write(`${[...parts, formatSeconds(validation.seconds)].join(' · ')}\n`);
  }

  #startCounting(): void {
    this.#countingSince = performance.now();
    this.#examples = 0;
  }

  #finish(summary: string): void {
    if (this.#line === undefined) this.#stream.write(`${summary}\n`);
    else this.#line.end(summary);
  }

  /** Of the terminal; its last one stays free, since some go to the next line behind it. */
  get #columns(): number {
    return Math.max(20, (this.#stream.columns || 80) - 1);
  }

  #paint(line: ProgressLine, force = false): void {
    if (this.#line === undefined) return;
    this.#shown = line;
    const now = performance.now();
    const isWhole = line.step === (line.stepCount ?? line.stepsPerEpoch);
    if (!force && now - this.#painted < repaintMilliseconds && !isWhole) return;
    this.#painted = now;
    this.#line.show(progressLine(line, this.#columns, this.#colors));
  }
}

/** What the run is measured by: epochs of so many steps, or so many steps. */
function wholeOf({
  epochCount,
  stepCount,
  stepsPerEpoch,
}: Run): Pick<ProgressLine, 'epochCount' | 'stepCount' | 'stepsPerEpoch'> {
  if (epochCount === undefined) return stepCount === undefined ? {} : { stepCount };
  return { epochCount, ...(stepsPerEpoch !== undefined && { stepsPerEpoch }) };
}
