/** The curves of a run as sections. */
import type { ChartSection, ChartSeries, Section, TableCell, TableSection } from '@hebb/evaluation';
import { formatMetric, words } from '@hebb/evaluation/format';
import type { History, ValidationRecord } from '@hebb/training';

type Point = readonly [x: number, y: number];

/** Points that a thin curve of single steps has at most, and a curve of means of steps where there are no epochs. */
const stepPoints = 400;
const meanPoints = 40;
/** Epochs from which their means are a curve. */
const fewEpochs = 8;
/** Validations up to which each is marked by a dot. */
const marked = 40;
/** Colours that tell series apart. */
const colors = [1, 2, 3, 4, 5, 6, 7] as const;
type Color = (typeof colors)[number];

/** What the numbers of `adversarial` mean, which their names do not say. */
const adversarialTexts: Readonly<Record<string, string>> = {
  variation:
    'How much the samples differ from one another, beside how much the images of the data do. Near 1 is as much; near 0 the generator makes the same one again and again.',
  diversity:
    'How many different samples there are in a batch, beside how many different examples of the data. Near 1 is as many; a generator that makes two of ten kinds has 0.2.',
  slope:
    'How fast the score of the discriminator rises from samples to data: about 1 where its loss is a distance. Where it grows without end the discriminator has diverged.',
  gradientPenalty:
    'How far the slope of the discriminator is from 1 between samples and data, squared; its loss has it added, times a factor.',
};

/** @param validationName what the validation data is called */
export function historySections(history: History, validationName: string): Section[] {
  if (history.losses.length === 0) return [];
  const run = new RunCurves(history, validationName);
  const names = Object.keys(history.scalars);
  const [first = 'loss'] = names;
  const isLoss = (name: string): boolean => name === first || /loss$/i.test(name);
  const [losses, others] = [names.filter(isLoss), names.filter((name) => !isLoss(name))];
  const alone = run.validatedAlone(losses);
  const isAdversarial = names.includes('discriminatorLoss') && names.includes('generatorLoss');
  return [
    run.scalars('Loss', [...losses, ...alone.filter(isLoss)], 'loss'),
    ...[...others, ...alone.filter((name) => !isLoss(name))].map((name) =>
      run.scalars(capitalized(words(name)), [name], words(name), isAdversarial ? adversarialTexts[name] : undefined),
    ),
    ...run.metricNames.map((name) => run.metric(name)),
    ...run.learningRate(),
  ];
}

/** Runs of one kind, splits of the data or seeds: of each chart one, with the curves of all. */
export function groupSections(histories: readonly History[], validationName: string): Section[] {
  const charts = histories
    // Why each stopped says the table.
    .flatMap(({ stopReason: _, warnings: _w, ...history }) => historySections(history, validationName))
    .filter((section) => section.kind === 'chart');
  // A run that was interrupted in its first epoch is drawn along steps: it shares no axis with the others.
  const kindOf = ({ title, x }: ChartSection): string => `${title} by ${x.label}`;
  const kinds = [...new Set(charts.map(kindOf))];
  return kinds.map((kind) => together(charts.filter((chart) => kindOf(chart) === kind)));
}

/** Charts of one kind in one; what is thin in each would hide the others. */
function together(charts: readonly ChartSection[]): ChartSection {
  const [first] = charts as readonly [ChartSection];
  const logarithmic = charts.every(({ y }) => y.logarithmic === true);
  const bottoms = charts.filter(({ y }) => (y.logarithmic === true) === logarithmic).map(({ y }) => y.range?.[0]);
  const bottom = bottoms.reduce((least, each) =>
    least === undefined || each === undefined ? undefined : Math.min(least, each),
  );
  return {
    ...first,
    series: charts.flatMap(({ series }, i) =>
      series
        .filter(({ look }) => look !== 'faint')
        // The number at the end, which a name may have behind a colon, is that of one run.
        .map((each) => ({ ...each, look: 'plain' as const, name: i === 0 ? each.name.replace(/:.*/, '') : '' })),
    ),
    x: { ...first.x, range: [0, Math.max(...charts.map(({ x }) => x.range?.[1] ?? 0))] },
    y: { ...first.y, logarithmic, range: [bottom, first.y.range?.[1]] },
  };
}

/** What each run of a kind came to. */
export function groupTable(runs: readonly (readonly [name: string, History])[], validationName: string): TableSection {
  const ends = runs.map(([name, history]) => ({ name, history, epoch: history.epochs.at(-1), validation: history.validations.at(-1) })); // prettier-ignore
  const metrics = [...new Set(ends.flatMap(({ validation }) => Object.keys(validation?.metrics ?? {})))];
  const isValidated = ends.some(({ validation }) => validation?.validationLoss !== undefined);
  const isStopped = runs.some(([, { stopReason }]) => stopReason !== undefined);
  return {
    kind: 'table',
    title: 'Runs',
    columns: [
      { title: 'run' },
      { title: 'steps', format: 'count' },
      { title: 'loss' },
      ...(isValidated ? [{ title: `${validationName} loss` }] : []),
      ...metrics.map((name) => ({ title: words(name) })),
      { title: 'seconds' },
      ...(isStopped ? [{ title: 'stopped early' }] : []),
    ],
    rows: ends.map(({ name, history, epoch, validation }) => [
      name,
      history.losses.length,
      epoch?.loss ?? history.losses.at(-1),
      ...(isValidated ? [validation?.validationLoss] : []),
      ...metrics.map((metric): TableCell => {
        const value = validation?.metrics[metric];
        return value === undefined ? undefined : formatMetric(metric, value);
      }),
      history.seconds,
      ...(isStopped ? [history.stopReason ?? ''] : []),
    ]),
  };
}

/** The numbers of every epoch, for those who want to read them. */
export function epochTable({ epochs }: History, validationName: string): TableSection | undefined {
  const [first] = epochs;
  if (first === undefined || epochs.length > 1000) return undefined;
  const own = Object.keys(first.scalars);
  const metrics = [...new Set(epochs.flatMap(({ metrics: named }) => Object.keys(named)))];
  const isValidated = epochs.some(({ validationLoss }) => validationLoss !== undefined);
  const isLoss = (name: string): boolean =>
    epochs.every(({ validationLoss, validationScalars }) => Object.is(validationScalars[name], validationLoss));
  const validated = new Set(epochs.flatMap(({ validationScalars }) => Object.keys(validationScalars)));
  const others = [...validated].filter((name) => !isLoss(name));
  const rates = Object.keys(first.learningRates);
  const shown = (name: string, value: number | undefined): TableCell =>
    value === undefined ? undefined : formatMetric(name, value);
  return {
    kind: 'table',
    title: 'Epochs',
    columns: [
      { title: 'epoch', format: 'count' },
      ...own.map((name) => ({ title: words(name) })),
      ...(isValidated ? [{ title: `${validationName} loss` }] : []),
      ...others.map((name) => ({ title: `${validationName} ${words(name)}` })),
      ...metrics.map((name) => ({ title: words(name) })),
      ...rates.map((name) => ({ title: rates.length === 1 ? 'learning rate' : `learning rate, ${words(name)}` })),
      { title: 'seconds' },
    ],
    rows: epochs.map((each) => [
      String(each.epoch),
      ...own.map((name) => each.scalars[name]),
      ...(isValidated ? [each.validationLoss] : []),
      ...others.map((name) => each.validationScalars[name]),
      ...metrics.map((name) => shown(name, each.metrics[name])),
      ...rates.map((name) => each.learningRates[name]),
      each.seconds,
    ]),
  };
}

/** Along epochs where there is more than one, else along steps. */
class RunCurves {
  readonly #history: History;
  readonly #validationName: string;
  /** Steps in a unit of x. */
  readonly #unit: number;
  readonly #x: ChartSection['x'];

  constructor(history: History, validationName: string) {
    this.#history = history;
    this.#validationName = validationName;
    const { losses, stepsPerEpoch = Infinity } = history;
    const inEpochs = losses.length > stepsPerEpoch;
    this.#unit = inEpochs ? stepsPerEpoch : 1;
    this.#x = { label: inEpochs ? 'epoch' : 'step', range: [0, losses.length / this.#unit], format: 'count' };
  }

  /** Scalars that validation alone has; not its loss where that goes with the only loss of the steps. */
  validatedAlone(losses: readonly string[]): string[] {
    const { validations, scalars } = this.#history;
    const names = new Set(validations.flatMap(({ validationScalars }) => Object.keys(validationScalars)));
    const isDrawn = (name: string): boolean =>
      losses.length === 1 &&
      validations.every(({ validationLoss, validationScalars }) => Object.is(validationScalars[name], validationLoss));
    return [...names].filter((name) => !(name in scalars) && !isDrawn(name));
  }

  get metricNames(): string[] {
    return [...new Set(this.#history.validations.flatMap(({ metrics }) => Object.keys(metrics)))];
  }

  /** Numbers of steps: each thinly, their means, and what validation found. */
  scalars(title: string, names: readonly string[], label: string, meaning?: string): ChartSection {
    const several = names.length > 1;
    const series = names.flatMap((name, i) => this.#scalar(name, colors[(several ? i : 0) % 7] ?? 1, several));
    const values = series.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
    const [low, high] = [smallest(values), -smallest(values.map((value) => -value))];
    const logarithmic = low > 0 && high / low > 30;
    const { interrupted, stopReason, warnings = [] } = this.#history;
    const notes = [
      interrupted ? 'The run was interrupted.' : undefined,
      stopReason === undefined ? undefined : `Stopped early: ${stopReason}.`,
      ...warnings,
      this.#history.validations.length > 0
        ? 'Training losses are those of the steps themselves, with dropout and augmentation where there are any.'
        : undefined,
    ].filter((note) => note !== undefined);
    const bottom = logarithmic ? (low < high / 1e6 ? high / 1e6 : undefined) : low < 0 ? undefined : 0;
    return {
      kind: 'chart',
      title,
      ...(title === 'Loss' && notes.length > 0 && { text: notes.join(' ') }),
      ...(meaning !== undefined && { text: meaning }),
      series,
      x: this.#x,
      y: { label, range: [bottom, undefined], logarithmic },
    };
  }

  metric(name: string): ChartSection {
    const points = this.#validated(({ metrics }) => metrics[name]);
    const isFraction = formatMetric(name, 0.5).includes('%');
    const low = smallest(points.map(([, value]) => value));
    const last = points.at(-1);
    const end = last === undefined ? '' : `: ${formatMetric(name, last[1])} at the end`;
    return {
      kind: 'chart',
      title: capitalized(words(name)),
      series: [{ name: `${this.#validationName}${end}`, points, look: lookOf(points), color: 2 }],
      x: this.#x,
      y: {
        label: words(name),
        ...(isFraction && { range: [low > 0.99 ? 0.99 : undefined, 1] as const, format: 'percent' as const }),
      },
    };
  }

  /** Where it changes. */
  learningRate(): ChartSection[] {
    const { learningRates } = this.#history;
    const named = Object.entries(learningRates);
    if (named.every(([, rates]) => rates.every((rate) => rate === rates[0]))) return [];
    const series = named.map(([name, rates], i): ChartSeries => ({
      name: named.length === 1 ? 'Learning rate' : words(name),
      points: this.#steps(rates),
      color: colors[i % 7] ?? 1,
    }));
    return [
      {
        kind: 'chart',
        title: 'Learning rate',
        series,
        x: this.#x,
        y: { label: 'learning rate', range: [0, undefined] },
      },
    ];
  }

  #scalar(name: string, color: Color, several: boolean): ChartSeries[] {
    const what = several ? words(name) : 'training';
    // The validation loss may have another name than the only loss of the steps.
    const isLoss = name === 'loss' || (!several && name === Object.keys(this.#history.scalars)[0]);
    const points = this.#validated(
      ({ validationScalars, validationLoss }) => validationScalars[name] ?? (isLoss ? validationLoss : undefined),
    );
    const validated: ChartSeries = {
      name: several ? `${what}, ${this.#validationName}` : this.#validationName,
      points,
      look: lookOf(points),
      color: several ? color : 2,
    };
    return [...this.#trained(name, color, several ? what : undefined), ...(points.length > 0 ? [validated] : [])];
  }

  /** @param what the scalar is called where others are in the same chart */
  #trained(name: string, color: Color, what: string | undefined): ChartSeries[] {
    const { scalars, epochs } = this.#history;
    // A step that did not return it is no gap in the curve: two networks may take turns.
    const steps = this.#steps(scalars[name] ?? []).filter(([, value]) => Number.isFinite(value));
    if (steps.length === 0) return [];
    const series: ChartSeries[] = [];
    if (steps.length > meanPoints || epochs.length > 1)
      series.push({ name: what === undefined ? 'training, by step' : '', points: means(steps, stepPoints), look: 'faint', color }); // prettier-ignore
    // Of few epochs the means of steps say more.
    if (epochs.length > 1 && (epochs.length >= fewEpochs || steps.length <= meanPoints)) {
      const points = epochs.map((epoch, i): Point => {
        const middle = ((epochs[i - 1]?.step ?? 0) + epoch.step) / 2;
        return [middle / this.#unit, epoch.scalars[name] ?? NaN];
      });
      return [...series, { name: what ?? 'training, by epoch', points, color }];
    }
    const group = Math.max(1, Math.ceil(steps.length / meanPoints));
    const how = group === 1 ? 'by step' : `mean of ${group} steps`;
    return [...series, { name: what ?? `training, ${how}`, points: means(steps, meanPoints), color }];
  }

  #steps(values: readonly number[]): Point[] {
    return values.map((value, i) => [(i + 1) / this.#unit, value]);
  }

  #validated(valueOf: (record: ValidationRecord) => number | undefined): Point[] {
    return this.#history.validations.flatMap((record): Point[] => {
      const value = valueOf(record);
      return value === undefined ? [] : [[record.step / this.#unit, value]];
    });
  }
}

function lookOf(points: readonly unknown[]): 'marked' | 'plain' {
  return points.length <= marked ? 'marked' : 'plain';
}

/** Neighbours averaged into at most `limit` points, so that a long run stays a small file and its noise a line. */
function means(points: readonly Point[], limit: number): Point[] {
  const group = Math.max(1, Math.ceil(points.length / limit));
  const thinned: Point[] = [];
  for (let i = 0; i < points.length; i += group) {
    const neighbours = points.slice(i, i + group);
    const mean = (axis: 0 | 1): number => neighbours.reduce((sum, point) => sum + point[axis], 0) / neighbours.length;
    thinned.push([mean(0), mean(1)]);
  }
  return thinned;
}

function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Infinity);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
