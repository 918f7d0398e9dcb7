/**
 * Curves as a figure that is as wide as its place: lines in an SVG that is stretched, with strokes that are not, and numbers and names as text of
 * the page, so that they are as large on a phone as on a desk and in a print.
 */
import type { ChartAxis, ChartSection, ChartSeries } from '@hebb/evaluation';
import { scaleLinear, scaleLog, type ScaleContinuousNumeric } from 'd3-scale';
import { html, type Html } from '../html.ts';
import { formatNumber, formatTicks, type Ticks } from './numbers.ts';

type Point = readonly [x: number, y: number];
type Scale = ScaleContinuousNumeric<number, number>;

/** Units that the plot is wide and high; no number of pixels. */
const extent = 1000;
/** Points that a curve has at most: more than a screen has columns of pixels. */
const mostPoints = 1200;
/** Characters of ticks along x, with two between neighbours. */
const charactersBeside = 36;
/** Dots drawn at most, and in how many layers, whose overlap shows where many lie. */
const mostDots = 4000;
const dotLayers = 5;

export function chart({ title, series, x: xAxis, y: yAxis }: ChartSection): Html {
  const drawn = series.map((each) => ({ ...each, points: shown(each, xAxis, yAxis) }));
  const bars = drawn.filter(({ look }) => look === 'bars');
  const [first, last] = rangeOf(xAxis, drawn, 0);
  const margin =
    bars.length > 0 && xAxis.logarithmic !== true ? Math.min(...bars.map(({ points }) => spacing(points))) / 2 : 0;
  const x = scaleOf(xAxis, [first - margin, last + margin], [0, extent], 10);
  const [low, high] = rangeOf(yAxis, drawn, 1);
  const standsOnZero = bars.length > 0 && yAxis.logarithmic !== true;
  const y = scaleOf(yAxis, standsOnZero ? [Math.min(0, low), high] : [low, high], [extent, 0]);
  const xTicks = ticksBelow(bars, xAxis) ?? ticksBeside(x, xAxis);
  const yTicks = formatTicks(ticksOf(y, yAxis, 5), yAxis.format, yAxis.logarithmic);
  const gutter = Math.max(1, ...yTicks.map(({ text }) => text.length));
  const colors = colorsOf(series);
  const isTitle = axisLabel(yAxis).toLowerCase() === title.toLowerCase();
  const behindFirst = drawn.map((_, i) => i).sort((a, b) => depth(drawn[a]) - depth(drawn[b]));
  return html`<figure class="chart">
    ${
      series.length > 1 || series[0]?.name !== title
        ? html`<ul class="legend">
            ${series.map(({ name, look = 'plain' }, i) => (name === '' ? undefined : html`<li class="s${colors[i]} ${look}">${name}</li> `))}
          </ul>`
        : undefined
    }
    ${isTitle ? undefined : html`<p class="y-label">${axisLabel(yAxis)}</p>`}
    <div class="plot" style="--gutter:${gutter}ch" role="img" aria-label="${description(title, drawn, xAxis, yAxis)}">
      <svg viewBox="0 0 ${extent} ${extent}" preserveAspectRatio="none" aria-hidden="true">
        <path class="grid" d="${yTicks.map(({ value }) => `M0,${round(y(value))}H${extent}`).join('')}" />
        ${behindFirst.map((i) => {
          const { points, look = 'plain' } = drawn[i] ?? { points: [] };
          const placed = points.map(([px, py]): Point => [x(px), y(py)]);
          const kind = `s${colors[i]} ${look}`;
          if (look === 'bars')
            return html`<path class="${kind}" d="${barsPath(placed, standsOnZero ? y(0) : extent)}" />`;
          if (look === 'dots')
            return layers(placed).map((layer) => html`<path class="${kind}" d="${dotsPath(layer)}" />`);
          return html`<path
              class="${kind}"
              d="${linePath(placed)}"
            />${look === 'marked' ? html`<path class="s${colors[i]} marks" d="${dotsPath(placed)}" />` : undefined}`;
        })}
      </svg>
      <div class="ticks" aria-hidden="true">
        ${yTicks.map(({ value, text }) => html`<span class="y" style="bottom:${percent(extent - y(value))}">${text}</span>`)}
        ${xTicks.map(({ value, text }) => html`<span class="x" style="left:${percent(x(value))}">${text}</span>`)}
      </div>
    </div>
    <p class="x-label">${axisLabel(xAxis)}</p>
  </figure>`;
}

function axisLabel({ label, logarithmic }: ChartAxis): string {
  return logarithmic === true ? `${label} (logarithmic)` : label;
}

/** The colour of each series, from 1; a line to compare with has none, which is 0. */
function colorsOf(series: readonly ChartSeries[]): number[] {
  let next = 1;
  return series.map(({ look, color }) => {
    const chosen = look === 'reference' ? 0 : (color ?? 1 + ((next - 1) % 7));
    next = Math.max(next, chosen + 1);
    return chosen;
  });
}

function depth(series: ChartSeries | undefined): number {
  const look = series?.look ?? 'plain';
  return look === 'faint' || look === 'bars' ? 0 : look === 'dots' ? 1 : 2;
}

/** The points that can be drawn on these axes, fewer than there are where nobody would see the difference. */
function shown({ points, look }: ChartSeries, x: ChartAxis, y: ChartAxis): readonly Point[] {
  const possible = (value: number, axis: ChartAxis): boolean =>
    Number.isFinite(value) && (axis.logarithmic !== true || value > 0);
  const drawable = points.filter(([px]) => possible(px, x)).map(([px, py]): Point => [px, possible(py, y) ? py : NaN]);
  if (look === 'bars') return drawable;
  if (look !== 'dots') return thinned(drawable);
  const dots = drawable.filter(([, py]) => Number.isFinite(py));
  return dots.length <= mostDots ? dots : dots.filter((_, i) => (i * mostDots) % dots.length < mostDots);
}

/** Neighbours as their smallest and their largest: what a line through all of them would cover. */
function thinned(points: readonly Point[]): readonly Point[] {
  const group = Math.ceil(points.length / (mostPoints / 2));
  const ascends = points.every(([px], i) => i === 0 || px >= (points[i - 1]?.[0] ?? px));
  if (points.length <= mostPoints || !ascends) return points;
  const kept: Point[] = [];
  for (let start = 0; start < points.length; start += group) {
    let [least, most] = [start, start];
    for (let i = start; i < Math.min(start + group, points.length); i++) {
      const value = points[i]?.[1] ?? NaN;
      if (!(value >= (points[least]?.[1] ?? NaN))) least = i;
      if (!(value <= (points[most]?.[1] ?? NaN))) most = i;
    }
    for (const i of new Set([Math.min(least, most), Math.max(least, most)])) kept.push(points[i] ?? [NaN, NaN]);
  }
  const last = points.at(-1);
  return last === undefined ? kept : [...kept, last];
}

/** From the axis, or from the points. */
function rangeOf(
  { range, logarithmic }: ChartAxis,
  series: readonly ChartSeries[],
  which: 0 | 1,
): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { points } of series) {
    for (const point of points) {
      if (Number.isNaN(point[1])) continue;
      low = Math.min(low, point[which]);
      high = Math.max(high, point[which]);
    }
  }
  if (low > high) [low, high] = logarithmic === true ? [0.1, 1] : [0, 1];
  if (low === high) [low, high] = logarithmic === true ? [low / 2, low * 2] : [low - 0.5, low + 0.5];
  const [first = low, last = high] = range ?? [];
  return first < last ? [first, last] : [first, first + 1];
}

/** Round numbers at the ends that the axis leaves open. */
function scaleOf(
  axis: ChartAxis,
  [low, high]: readonly [number, number],
  span: readonly [number, number],
  fine = 5,
): Scale {
  const scale = (axis.logarithmic === true ? scaleLog() : scaleLinear()).domain([low, high]).range(span);
  const [roundLow = low, roundHigh = high] =
    axis.format === 'count'
      ? []
      : axis.logarithmic === true
        ? [roundBelow(low), 1 / roundBelow(1 / high)]
        : scale.copy().nice(fine).domain();
  return scale.domain([axis.range?.[0] ?? roundLow, axis.range?.[1] ?? roundHigh]);
}

/** The largest of … 0.1, 0.2, 0.5, 1, 2, 5, 10 … up to a value. */
function roundBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value) + 1e-9);
  const mantissa = [5, 2].find((each) => each * power <= value * (1 + 1e-9)) ?? 1;
  return Number((mantissa * power).toPrecision(12));
}

/** A tick for each bar, where they can be read side by side. */
function ticksBelow(bars: readonly ChartSeries[], axis: ChartAxis): Ticks | undefined {
  const places = [...new Set(bars.flatMap(({ points }) => points.map(([px]) => px)))].sort((a, b) => a - b);
  const ticks = formatTicks(places, axis.format, axis.logarithmic);
  return places.length > 0 && charactersOf(ticks) <= charactersBeside ? ticks : undefined;
}

const charactersOf = (ticks: Ticks): number => ticks.reduce((sum, { text }) => sum + text.length + 2, 0);

/** As many ticks as can be read side by side on a phone. */
function ticksBeside(scale: Scale, axis: ChartAxis): Ticks {
  for (let count = 7; ; count--) {
    const ticks = formatTicks(ticksOf(scale, axis, count), axis.format, axis.logarithmic);
    if (charactersOf(ticks) <= charactersBeside || count === 1) return ticks;
  }
}

/** Ticks where people expect them, `count` or so; on a logarithmic axis powers of ten, with 2 and 5 between them where there is room. */
function ticksOf(scale: Scale, { logarithmic, format }: ChartAxis, count: number): number[] {
  if (logarithmic === true) {
    const ticks = scale.ticks();
    const mantissa = (tick: number): number => Math.round(tick / 10 ** Math.floor(Math.log10(tick) + 1e-9));
    const powers = ticks.filter((tick) => mantissa(tick) === 1);
    const fine = ticks.filter((tick) => [1, 2, 5].includes(mantissa(tick)));
    const chosen = fine.length <= count + 2 || powers.length < 2 ? fine : powers;
    const every = Math.ceil(chosen.length / (count + 2));
    return chosen.filter((_, i) => i % every === 0);
  }
  const [low = 0, high = 1] = scale.domain();
  const ticks = scale.ticks(format === 'count' ? Math.min(count, Math.max(1, high - low)) : count);
  return format === 'count' ? ticks.filter((tick) => Number.isInteger(tick)) : ticks;
}

/** A path through the points; one that is no number leaves a gap, and a point between two gaps is a dot. */
function linePath(points: readonly Point[]): string {
  const steps = points.map(([px, py]) => (Number.isFinite(py) ? `${round(px)},${round(py)}` : undefined));
  return steps
    .map((step, i) => {
      if (step === undefined) return '';
      if (steps[i - 1] !== undefined) return `L${step}`;
      return steps[i + 1] === undefined ? `M${step}h0` : `M${step}`;
    })
    .join('');
}

/** Lines of no length, whose round ends are dots however the picture is stretched. */
function dotsPath(points: readonly Point[]): string {
  return points.map(([px, py]) => (Number.isFinite(py) ? `M${round(px)},${round(py)}h0` : '')).join('');
}

function layers(points: readonly Point[]): (readonly Point[])[] {
  if (points.length < 10 * dotLayers) return [points];
  return Array.from({ length: dotLayers }, (_, layer) => points.filter((__, i) => i % dotLayers === layer));
}

function barsPath(points: readonly Point[], ground: number): string {
  const reach = Math.min(spacing(points), extent) * 0.46;
  return points
    .filter(([, py]) => Number.isFinite(py) && py !== ground)
    .map(([px, py]) => `M${round(px - reach)},${round(ground)}V${round(py)}H${round(px + reach)}V${round(ground)}Z`)
    .join('');
}

/** The smallest distance of neighbours along x. */
function spacing(points: readonly Point[]): number {
  const places = points.map(([px]) => px).sort((a, b) => a - b);
  const gaps = places.slice(1).map((place, i) => place - (places[i] ?? place));
  const least = Math.min(...gaps.filter((gap) => gap > 0));
  return Number.isFinite(least) ? least : 1;
}

/** What somebody who does not see the picture would be told of it. */
function description(title: string, series: readonly ChartSeries[], x: ChartAxis, y: ChartAxis): string {
  const told = series.flatMap(({ name, points, look }) => {
    const values = points.filter(([, value]) => Number.isFinite(value));
    const [first, last] = [values[0], values.at(-1)];
    if (first === undefined || last === undefined || name === '' || look === 'reference') return [];
    if (look === 'dots') return [`${name}: ${formatNumber(values.length, 'count')} points`];
    return [`${name}: from ${formatNumber(first[1], y.format)} to ${formatNumber(last[1], y.format)}`];
  });
  return [`${title}: ${y.label} by ${x.label}`, ...told].map((sentence) => `${sentence}.`).join(' ');
}

function percent(value: number): string {
  return `${Math.round(value * 10) / 100}%`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
