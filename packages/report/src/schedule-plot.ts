/** A schedule as a picture: what it makes of the rate, and of the momentum where it moves that. */
import {
  checkOptions,
  isPlain,
  requireInteger,
  requireString,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { scaleLinear } from 'd3-scale';
import { ReportError } from './errors.ts';
import { Html, html } from './html.ts';
import { formatTicks } from './sections/numbers.ts';

/** What there is to plot: a function as those of `@hebb/optimizers`, or one of your own. */
export interface PlottedSchedule {
  (step: number, totalSteps: number): number;
  readonly momentum?: (step: number, totalSteps: number) => number | undefined;
}

export interface PlotScheduleOptions {
  /** Steps of the run, ≥ 2. */
  steps: number;
  /** What the factors are multiplied by. Default 1: factors are shown. */
  learningRate?: number;
  /** Default 'Learning rate', or 'Factor of the learning rate'. */
  title?: string;
  /** Units of the picture, which are pixels unless it is stretched; ≥ 240. Default 720. */
  width?: number;
  /** Of each panel; ≥ 120. Default 240. */
  height?: number;
}

const optionNames: OptionNames<PlotScheduleOptions> = {
  steps: true,
  learningRate: true,
  title: true,
  width: true,
  height: true,
};

/** Points of a curve at most. */
const mostPoints = 2000;

/**
 * Schedules over the steps of a run as an SVG, which stands alone, adapts to light and dark displays, and is as wide as it is told: for a phone say a small width instead of
 * shrinking the texts. Longer runs are shown by 2,000 steps. Several are drawn in one picture, under their names; momenta that they move in a panel below.
 *
 * ```ts
 * const svg = plotSchedule(oneCycleSchedule({ momentum: [0.85, 0.95] }), { steps: 1000, learningRate: 3e-3 });
 * svg.startsWith('<svg'); // true
 * const two = plotSchedule({ cosine: cosineSchedule({ warmup: 0.1 }), linear: linearSchedule() }, { steps: 1000 });
 * /linear/.test(two); // true
 * ```
 *
 * Throws {@link ReportError} where a schedule gives no finite number, `ArgumentError` for options out of range.
 */
export function plotSchedule(
  schedules: PlottedSchedule | Readonly<Record<string, PlottedSchedule>>,
  options: PlotScheduleOptions,
): string {
  const op = 'plotSchedule';
  if (!isPlain(options)) throw wrongArgument(op, 'the options', 'an object such as { steps: 1000 }', options);
  checkOptions(op, options, optionNames);
  const { steps, learningRate = 1, width = 720, height = 240 } = options;
  const { title = learningRate === 1 ? 'Factor of the learning rate' : 'Learning rate' } = options;
  requireInteger(op, 'steps', steps, 2);
  requireInteger(op, 'width', width, 240);
  requireInteger(op, 'height', height, 120);
  requireString(op, 'title', title);
  if (!(typeof learningRate === 'number' && learningRate > 0 && learningRate < Infinity))
    throw wrongArgument(op, 'learningRate', 'a number > 0', learningRate);
  const named = namedSchedules(op, schedules);
  const sampled = Array.from({ length: Math.min(steps, mostPoints) }, (_, i, n = Math.min(steps, mostPoints)) =>
    Math.round((i * (steps - 1)) / (n - 1)),
  );
  const rates = named.map(([name, schedule]): Curve => {
    const points = sampled.map((step): Point => [step, finite(op, name, step, schedule(step, steps)) * learningRate]);
    return { name, points };
  });
  const momenta = named.map(([name, { momentum }]): Curve => {
    const points = sampled.flatMap((step): Point[] => {
      const value = momentum?.(step, steps);
      return value === undefined ? [] : [[step, finite(op, `${name} momentum`, step, value)]];
    });
    return { name, points };
  });
  const isMoved = momenta.some(({ points }) => points.length > 0);
  const legend =
    named.length > 1
      ? legendOf(
          named.map(([name]) => name),
          width,
        )
      : { rows: 0, text: undefined };
  const top = 34 + 20 * legend.rows;
  const panel = { left: 56, right: width - 16, width, steps };
  const bottom = isMoved ? top + 2 * height + 44 : top + height;
  const total = bottom + 52;
  const description = `${title} over ${steps} steps${named.length > 1 ? `: ${named.map(([name]) => name).join(', ')}` : ''}`;
  return html`<svg
    xmlns="http://www.w3.org/2000/svg"
    viewBox="0 0 ${width} ${total}"
    width="${width}"
    height="${total}"
    role="img"
    aria-label="${description}"
    font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif"
  >
    <style>
      ${new Html(style)}
    </style>
    <rect class="page" width="${width}" height="${total}" />
    <text class="title" x="16" y="24">${title}</text>
    ${legend.text} ${drawn(rates, { ...panel, top, height, fromZero: true })}
    ${
      isMoved
        ? html`<text class="title" x="16" y="${top + height + 34}">Momentum</text>
            ${drawn(momenta, { ...panel, top: top + height + 44, height, fromZero: false })}`
        : undefined
    }
    ${stepsAxis({ ...panel, bottom })}
  </svg> `.text;
}

type Point = readonly [step: number, value: number];
interface Curve {
  readonly name: string;
  readonly points: readonly Point[];
}

interface Panel {
  readonly left: number;
  readonly right: number;
  readonly width: number;
  readonly steps: number;
}

const style = `
.page { fill: #ffffff; } .grid { stroke: #dfe3e8; } .axis { stroke: #59636d; } text { fill: #59636d; font-size: 12px; } .title { fill: #1b1f24; font-size: 14px; font-weight: 600; }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.s1 { stroke: #0072b2; } .s2 { stroke: #d55e00; } .s3 { stroke: #00795b; } .s4 { stroke: #b0568c; } .s5 { stroke: #8a6d00; } .s6 { stroke: #2f9fdb; } .s7 { stroke: #5b5f66; }
@media (prefers-color-scheme: dark) {
.page { fill: #1a1f25; } .grid { stroke: #313942; } .axis { stroke: #9aa5b1; } text { fill: #9aa5b1; } .title { fill: #e6e9ed; }
.s1 { stroke: #56b4e9; } .s2 { stroke: #f0933a; } .s3 { stroke: #3fc79a; } .s4 { stroke: #e39ac6; } .s5 { stroke: #e0c64a; } .s6 { stroke: #7c9dff; } .s7 { stroke: #a9b0b8; }
}
`;

function namedSchedules(op: string, schedules: unknown): readonly (readonly [string, PlottedSchedule])[] {
  const expected = 'a function (step, totalSteps) => factor, or such functions by name';
  if (typeof schedules === 'function') return [['', schedules as PlottedSchedule]];
  if (!isPlain(schedules) || Object.keys(schedules).length === 0)
    throw wrongArgument(op, 'the schedule', expected, schedules);
  return Object.entries(schedules as Readonly<Record<string, unknown>>).map(([name, each]) => {
    if (typeof each !== 'function') throw wrongArgument(op, `the schedule ${name}`, expected, each);
    return [name, each as PlottedSchedule] as const;
  });
}

function finite(op: string, name: string, step: number, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const what = name === '' ? 'the schedule' : `the schedule ${name}`;
  throw new ReportError(`[${op}] ${what} gives ${String(value)} in step ${step}, which is no finite number.`);
}

const color = (i: number): string => `s${(i % 7) + 1}`;
const round = (value: number): number => Math.round(value * 100) / 100;

/** Names beside a piece of their lines, in as many rows as the width asks for. */
function legendOf(names: readonly string[], width: number): { readonly rows: number; readonly text: Html } {
  let [x, row] = [16, 0];
  const entries = names.map((name, i) => {
    const own = 34 + 7 * name.length;
    if (x > 16 && x + own > width - 16) [x, row] = [16, row + 1];
    const [at, y] = [x, 46 + 20 * row];
    x += own + 12;
    return html`<path class="curve ${color(i)}" d="M${at},${y - 4}h18" /><text x="${at + 24}" y="${y}">${name}</text> `;
  });
  return { rows: row + 1, text: html`${entries}` };
}

/** The curves over a grid of values. */
function drawn(
  curves: readonly Curve[],
  {
    left,
    right,
    steps,
    top,
    height,
    fromZero,
  }: Panel & { readonly top: number; readonly height: number; readonly fromZero: boolean },
): Html {
  const values = curves.flatMap(({ points }) => points.map(([, value]) => value));
  const low = fromZero ? Math.min(0, ...extremes(values)) : extremes(values)[0];
  const high = extremes(values)[1];
  const y = scaleLinear()
    .domain(low === high ? [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2] : [low, high])
    .nice(4)
    .range([top + height - 8, top + 12]);
  const x = scaleLinear()
    .domain([0, steps - 1])
    .range([left, right]);
  return html`${formatTicks(y.ticks(4)).map(
    ({ value, text }) =>
      html`<path class="grid" d="M${left},${round(y(value))}H${right}" /><text
          x="${left - 8}"
          y="${round(y(value) + 4)}"
          text-anchor="end"
          >${text}</text
        > `,
  )}${curves.map(({ points }, i) =>
    points.length === 0
      ? undefined
      : html`<path
          class="curve ${color(i)}"
          d="M${points.map(([step, value]) => `${round(x(step))},${round(y(value))}`).join('L')}"
        /> `,
  )}`;
}

/** The smallest and the largest; without spreading, which has a limit. */
function extremes(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  );
}

function stepsAxis({ left, right, width, steps, bottom }: Panel & { readonly bottom: number }): Html {
  const x = scaleLinear()
    .domain([0, steps - 1])
    .range([left, right]);
  const ticks = formatTicks(x.ticks(Math.min(12, Math.max(2, Math.floor(width / 110)))).filter(Number.isInteger));
  return html`<path class="axis" d="M${left},${bottom - 8}H${right}" /> ${ticks.map(({ value, text }) => {
      // Texts at the ends stay inside.
      const anchor = x(value) + 4 * text.length > width ? 'end' : 'middle';
      return html`<path class="axis" d="M${round(x(value))},${bottom - 8}v5" /><text
          x="${round(Math.min(x(value), width - 4))}"
          y="${bottom + 14}"
          text-anchor="${anchor}"
          >${text}</text
        > `;
    })}<text x="${round((left + right) / 2)}" y="${bottom + 36}" text-anchor="middle">Step</text>`;
}
