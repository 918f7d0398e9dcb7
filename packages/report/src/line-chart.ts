/** A line chart as static SVG, coloured by the page's style sheet. */
import { scaleLinear, scaleLog, type ScaleContinuousNumeric } from 'd3-scale';
import { html, type Html } from './html.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Which of the style sheet's series colours. */
  readonly color: 1 | 2;
  /** `faint` is a thin line behind the others; `marked` has a dot at every point. Default `plain`. */
  readonly look?: 'plain' | 'faint' | 'marked';
}

export interface LineChartOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  readonly xDomain: readonly [number, number];
  /** Default: from the points. */
  readonly yDomain?: readonly [number, number];
  readonly yFormat?: (value: number) => string;
  /** Values drawn logarithmically. Default `false`. */
  readonly logarithmic?: boolean;
}

const width = 460;
const height = 300;
const margin = { top: 40, right: 16, bottom: 46, left: 74 };

/** Points averaged into at most `limit` groups of neighbours, so that a long run stays a small file. */
export function thin(points: readonly (readonly [number, number])[], limit: number): (readonly [number, number])[] {
  const group = Math.max(1, Math.ceil(points.length / limit));
  const thinned: (readonly [number, number])[] = [];
  for (let i = 0; i < points.length; i += group) {
    const neighbours = points.slice(i, i + group);
    const mean = (axis: 0 | 1): number => neighbours.reduce((sum, point) => sum + point[axis], 0) / neighbours.length;
    thinned.push([mean(0), mean(1)]);
  }
  return thinned;
}

export function lineChart(options: LineChartOptions): Html {
  const { title, xLabel, yLabel, series, xDomain, yFormat } = options;
  const values = series.flatMap(({ points }) => points.map(([, y]) => y)).filter(Number.isFinite);
  const [low, high] = options.yDomain ?? [Math.min(...values), Math.max(...values)];
  const bottom = height - margin.bottom;
  const x = scaleLinear()
    .domain(xDomain)
    .range([margin.left, width - margin.right]);
  const y: ScaleContinuousNumeric<number, number> = options.logarithmic === true ? scaleLog() : scaleLinear();
  y.domain(low < high ? [low, high] : [low - 0.5, high + 0.5])
    .range([bottom, margin.top])
    .nice(5);
  const yTicks = readableTicks(y, options.logarithmic === true);
  const format = yFormat ?? ((value: number) => String(Number(value.toPrecision(6))));
  const xTicks = x.ticks(Math.min(8, Math.max(1, xDomain[1] - xDomain[0]))).filter((tick) => Number.isInteger(tick));
  const draw = (points: Series['points']): string => polyline(points.map(([px, py]) => [x(px), y(py)]));
  const order = [...series].sort((a, b) => Number(b.look === 'faint') - Number(a.look === 'faint'));
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}: ${yLabel} by ${xLabel}">
    <text class="chart-title" x="${margin.left}" y="16">${title}</text>
    ${legend(series)}
    <g class="grid">
      ${yTicks.map((tick) => html`<path d="M${margin.left},${round(y(tick))}H${width - margin.right}" />`)}
    </g>
    <g class="axis">
      <path d="M${margin.left},${bottom}H${width - margin.right}" />
      ${yTicks.map((tick) => html`<text x="${margin.left - 8}" y="${round(y(tick))}" dy="0.32em" text-anchor="end">${format(tick)}</text>`)}
      ${xTicks.map((tick) => html`<path d="M${round(x(tick))},${bottom}v5" /><text x="${round(x(tick))}" y="${bottom + 18}" text-anchor="middle">${tick}</text>`)}
    </g>
    <text class="axis-label" x="${(margin.left + width - margin.right) / 2}" y="${height - 8}" text-anchor="middle">
      ${xLabel}
    </text>
    <text class="axis-label" transform="translate(12,${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">
      ${yLabel}
    </text>
    ${order.map(
      ({ points, color, look = 'plain' }) =>
        html`<path class="series series-${color} ${look}" d="${draw(points)}" />
          ${look === 'marked' ? points.filter(([, value]) => Number.isFinite(value)).map(([px, py]) => html`<circle class="dot dot-${color}" cx="${round(x(px))}" cy="${round(y(py))}" r="3" />`) : undefined}`,
    )}
  </svg>`;
}

/** A path through the points; one that is no number leaves a gap, and a point between two gaps is a dot. */
function polyline(points: Series['points']): string {
  const steps = points.map(([px, py]) => (Number.isFinite(py) ? `${round(px)},${round(py)}` : undefined));
  return steps
    .map((step, i) => {
      if (step === undefined) return '';
      if (steps[i - 1] !== undefined) return `L${step}`;
      return steps[i + 1] === undefined ? `M${step}Z` : `M${step}`;
    })
    .join('');
}

/** Names beside samples of their lines, in one row under the title. */
function legend(series: readonly Series[]): Html[] {
  let at = margin.left;
  return series.map(({ name, color, look = 'plain' }) => {
    const start = at;
    at += 32 + name.length * 6.4;
    return html`<path class="series series-${color} ${look}" d="M${round(start)},28h18" /><text
        class="legend"
        x="${round(start + 23)}"
        y="28"
        dy="0.32em"
        >${name}</text
      >`;
  });
}

/** About five ticks; on a logarithmic axis the powers of ten, with 2 and 5 between them where there are few. */
function readableTicks(scale: ScaleContinuousNumeric<number, number>, logarithmic: boolean): number[] {
  if (!logarithmic) return scale.ticks(5);
  const ticks = scale.ticks();
  const mantissa = (tick: number): number => Math.round(tick / 10 ** Math.floor(Math.log10(tick) + 1e-9));
  const powers = ticks.filter((tick) => mantissa(tick) === 1);
  return powers.length > 3 ? powers : ticks.filter((tick) => [1, 2, 5].includes(mantissa(tick)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
