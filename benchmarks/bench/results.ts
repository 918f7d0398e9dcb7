/** What was measured, and what follows from it: medians, ratios, shares of the limit, exponents; as JSON and as tables. */
import type { Work } from './adapter.ts';
import type { Workload } from './workloads.ts';

/** Losses of the first steps that differ by more, relative above 1, are another computation. */
export const lossTolerance = 1e-3;

export type Clock = 'wall' | 'processor';

interface Spread {
  /** Milliseconds a run. */
  readonly median: number;
  readonly rounds: readonly number[];
}

/** What one contender did with one workload. */
export interface Entry {
  readonly contender: string;
  readonly version: string;
  /** Why there is nothing else. */
  readonly gap?: string;
  readonly wall?: Spread & { readonly least: number; readonly most: number };
  /** Of all threads. */
  readonly processor?: Spread;
  /** Milliseconds: of the first run, what is compiled for it included, and of what was made before it. */
  readonly first?: number;
  readonly prepared?: number;
  /** MiB that the process had at most beyond what it had before the model was made. */
  readonly memory?: number;
  /** Of the first steps, and how far they are from PyTorch's. */
  readonly losses?: readonly number[];
  readonly lossDifference?: number;
  readonly isSame?: boolean;
  /** What a run asks of an adapter of WebGPU, after all others. */
  readonly work?: Work;
}

export interface WorkloadResult {
  readonly name: string;
  readonly entries: readonly Entry[];
}

export interface Limit {
  readonly threads: number;
  readonly flags: boolean;
  readonly gflops: number;
}

export interface BundleSize {
  readonly contender: string;
  readonly gap?: string;
  /** Kilobytes of gzip: what a page loads at once, and with the code of the device. */
  readonly entry?: number;
  readonly whole?: number;
}

/** The file that `--out` names. */
export interface Report {
  readonly format: 1;
  readonly date: string;
  readonly command: string;
  readonly commit: string;
  readonly machine: string;
  readonly v8: string;
  /** Processes that wanted a processor when it began and when it ended, over a minute: about 0 on an idle machine. */
  readonly load: readonly [number, number];
  readonly clock: Clock;
  readonly rounds: number;
  readonly contenders: readonly {
    readonly name: string;
    readonly family: string;
    readonly threads: number;
    readonly engine: string;
    readonly device: string;
    readonly flags: boolean;
  }[];
  readonly limits: readonly Limit[];
  readonly workloads: readonly (Pick<Workload, 'name' | 'title' | 'definition' | 'group' | 'multiplyAdds' | 'scale'> &
    WorkloadResult)[];
  readonly bundles: readonly BundleSize[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** e of the power law c · sizeᵉ that lies nearest to the points, by least squares of logarithms. */
export function exponentOf(points: readonly (readonly [size: number, time: number])[]): number {
  const logs = points.map(([size, time]) => [Math.log(size), Math.log(time)] as const);
  const mean = (i: 0 | 1): number => logs.reduce((sum, each) => sum + each[i], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const above = logs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0);
  return above / logs.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

type Row = Report['workloads'][number];

/** Milliseconds of a contender; nothing where it computes something else. */
export function timeOf(entry: Entry | undefined, clock: Clock): number | undefined {
  return entry?.isSame === false ? undefined : entry?.[clock]?.median;
}

interface Best {
  readonly contender: Report['contenders'][number];
  readonly time: number;
}

/** The fastest contender of a row among some. */
export function bestOf(
  report: Report,
  row: Row,
  among: (contender: Report['contenders'][number]) => boolean,
): Best | undefined {
  let best: Best | undefined;
  for (const contender of report.contenders.filter(among)) {
    const time = timeOf(
      row.entries.find((each) => each.contender === contender.name),
      report.clock,
    );
    if (time !== undefined && (best === undefined || time < best.time)) best = { contender, time };
  }
  return best;
}

/** Share of WebAssembly's limit that Hebb reaches in a row, with the threads and flags of its best contender. */
export function shareOfLimit(report: Report, row: Row): number | undefined {
  const best = bestOf(report, row, ({ engine, device }) => engine === 'hebb' && device === 'processor');
  const limit = report.limits.find(
    ({ threads, flags }) => threads === best?.contender.threads && flags === best.contender.flags,
  );
  if (best === undefined || limit === undefined || row.multiplyAdds === undefined) return undefined;
  return (2 * row.multiplyAdds) / best.time / 1e6 / limit.gflops;
}

export interface Ratios {
  /** Hebb's time over the better PyTorch's: below 1 Hebb is faster. */
  readonly pytorch: number | undefined;
  readonly onnxruntime: number | undefined;
  /** The better JavaScript peer's time over Hebb's: how many times Hebb is faster. */
  readonly peers: number | undefined;
}

export function ratiosOf(report: Report, row: Row): Ratios {
  const hebb = bestOf(report, row, ({ engine }) => engine === 'hebb')?.time;
  const of = (among: Parameters<typeof bestOf>[2]): number | undefined => bestOf(report, row, among)?.time;
  const over = (a: number | undefined, b: number | undefined): number | undefined =>
    a === undefined || b === undefined || b === 0 ? undefined : a / b;
  return {
    pytorch: over(
      hebb,
      of(({ family }) => family === 'pytorch'),
    ),
    onnxruntime: over(
      hebb,
      of(({ family }) => family === 'onnxruntime'),
    ),
    peers: over(
      of(({ engine }) => engine === 'javascript'),
      hebb,
    ),
  };
}

export interface Table {
  readonly title: string;
  readonly text: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Whether cells are words, which break into lines. */
  readonly isText?: true;
}

/** Three digits. */
export function formatTime(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }); // prettier-ignore
}
const formatRatio = (value: number | undefined): string => (value === undefined ? '–' : formatTime(value));
const formatShare = (value: number | undefined): string => (value === undefined ? '–' : `${Math.round(value * 100)} %`);

/** All tables of a report; those without rows are left out. */
export function tablesOf(report: Report): readonly Table[] {
  const names = report.contenders.map(({ name }) => name);
  const cells = (row: Row, format: (entry: Entry) => string): string[] =>
    names.map((name) => {
      const entry = row.entries.find(({ contender }) => contender === name);
      return entry === undefined || entry.gap !== undefined ? '–' : format(entry);
    });
  const time = (entry: Entry): string =>
    `${formatTime(entry[report.clock]?.median)}${entry.isSame === false ? ' ≠' : ''}`;
  const webgpu = report.contenders.filter(({ device }) => device === 'webgpu').map(({ name }) => name);
  const main = report.workloads.filter(({ group }) => group !== 'scaling');
  const kindOfTime = report.clock === 'wall' ? 'time on the wall' : 'processor time of all threads';
  const tables: Table[] = [
    {
      title: 'Time',
      text: `Milliseconds a run (${kindOfTime}), median of up to ${report.rounds} rounds. “Hebb ÷ PyTorch” and “÷ onnxruntime”: the fastest of each; below 1 Hebb is faster. “peers ÷ Hebb”: how many times faster than the faster one of tfjs and jax-js. “limit”: share of what WebAssembly can multiply and add at most with as many threads.`,
      columns: ['workload', ...names, 'Hebb ÷ PyTorch', '÷ onnxruntime', 'peers ÷ Hebb', 'limit'],
      rows: main.map((row) => {
        const { pytorch, onnxruntime, peers } = ratiosOf(report, row);
        return [row.title, ...cells(row, time), formatRatio(pytorch), formatRatio(onnxruntime), formatRatio(peers), formatShare(shareOfLimit(report, row))]; // prettier-ignore
      }),
    },
    {
      title: 'First step and memory',
      text: 'Of training steps, in the process that then made the rounds: milliseconds of the first step, what is compiled for it included / the most MiB that the process had beyond what it had before the model was made / the largest difference of the first 20 losses from PyTorch’s, of the same weights and without dropout.',
      columns: ['workload', ...names],
      rows: main
        .filter(({ entries }) => entries.some(({ losses }) => losses !== undefined))
        .map((row) => [
          row.title,
          ...cells(row, ({ first, memory, lossDifference }) =>
            [
              formatTime(first),
              memory === undefined ? '–' : memory.toFixed(0),
              lossDifference?.toExponential(1) ?? '–',
            ].join(' / '),
          ),
        ]),
    },
    {
      title: 'Work on WebGPU',
      text: 'Of one run, once it has warmed up: dispatches / millions of bytes that they can see (the sizes of their bindings, of each dispatch) / thousands of bytes that go to the device and come back. The file has submissions and copies, too.',
      columns: ['workload', ...webgpu],
      rows: main
        .filter(({ entries }) => entries.some(({ work }) => work !== undefined))
        .map((row) => [
          row.title,
          ...webgpu.map((name) => {
            const work = row.entries.find(({ contender }) => contender === name)?.work;
            if (work === undefined) return '–';
            const { dispatches, bound, uploaded, read } = work;
            return [dispatches.toLocaleString('en-US'), formatTime(bound / 1e6), formatTime((uploaded + read) / 1e3)].join(' / '); // prettier-ignore
          }),
        ]),
    },
    {
      title: 'Scaling',
      text: 'Exponent e of the power law time ~ sizeᵉ that fits best; of threads, of time ~ threadsᵉ between one and all (−1 is perfect).',
      columns: ['series', 'sizes', ...names],
      rows: [...scalingRows(report, names), ...threadRows(report, names)],
    },
    {
      title: 'Bundle',
      text: 'Kilobytes (1,000 bytes) of gzip that a page loads which trains an MLP: at once / with what computes it.',
      columns: ['library', 'kB'],
      rows: report.bundles.map(({ contender, gap, entry = 0, whole = 0 }) => [contender, gap ?? `${entry.toFixed(0)} / ${whole.toFixed(0)}`]), // prettier-ignore
    },
    {
      title: 'WebAssembly’s limit',
      text: 'Multiply–adds in registers, nothing loaded and nothing stored, measured in this run.',
      columns: ['threads', 'V8’s flags', 'GFLOP/s'],
      rows: report.limits.map(({ threads, flags, gflops }) => [
        String(threads),
        flags ? 'yes' : 'no',
        gflops.toFixed(0),
      ]),
    },
    {
      title: 'Gaps',
      text: 'What a contender could not do, or did otherwise.',
      columns: ['contender', 'workloads', 'why'],
      rows: gapRows(report),
      isText: true,
    },
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

function scalingRows(report: Report, names: readonly string[]): string[][] {
  const series = new Map<string, Row[]>();
  for (const row of report.workloads)
    if (row.scale !== undefined) series.set(row.scale.series, [...(series.get(row.scale.series) ?? []), row]);
  return [...series].map(([name, rows]) => [
    name,
    rows.map(({ scale }) => scale?.size ?? 0).join(', '),
    ...names.map((contender) => {
      const points = rows.flatMap(({ scale, entries }) => {
        const time = timeOf(
          entries.find((each) => each.contender === contender),
          report.clock,
        );
        return scale === undefined || time === undefined ? [] : [[scale.size, time] as const];
      });
      return points.length < 2 ? '–' : exponentOf(points).toFixed(2);
    }),
  ]);
}

/** Of workloads that are heavy enough, for families with contenders of one thread and of several. */
function threadRows(report: Report, names: readonly string[]): string[][] {
  const rows = report.workloads.filter(
    ({ group, name }) => group === 'training' || name === 'matmul-1024' || name === 'conv',
  );
  return rows.flatMap((row) => {
    const found = names.map((name) => {
      const contender = report.contenders.find((each) => each.name === name);
      const single = report.contenders.find(({ family, threads, flags }) => family === contender?.family && threads === 1 && flags === contender.flags); // prettier-ignore
      if (contender === undefined || single === undefined || contender.threads === 1) return '–';
      const of = ({ name: each }: { name: string }): number | undefined => timeOf(row.entries.find((entry) => entry.contender === each), report.clock); // prettier-ignore
      const [one, many] = [of(single), of(contender)];
      return one === undefined || many === undefined ? '–' : exponentOf([[1, one], [contender.threads, many]]).toFixed(2); // prettier-ignore
    });
    return found.every((each) => each === '–') ? [] : [[`threads, ${row.title}`, `1, ${Math.max(...report.contenders.map(({ threads }) => threads))}`, ...found]]; // prettier-ignore
  });
}

function gapRows({ workloads }: Report): string[][] {
  const reasons = new Map<string, { contender: string; why: string; rows: string[] }>();
  for (const { name, entries } of workloads)
    for (const { contender, gap, isSame, lossDifference = 0 } of entries) {
      const why = gap ?? (isSame === false ? `losses differ from PyTorch’s by ${lossDifference.toExponential(1)}: not counted` : undefined); // prettier-ignore
      if (why === undefined) continue;
      const key = `${contender}\n${why}`;
      const known = reasons.get(key) ?? { contender, why, rows: [] };
      known.rows.push(name);
      reasons.set(key, known);
    }
  return [...reasons.values()].map(({ contender, why, rows }) => [contender, rows.length === workloads.length ? 'all' : rows.join(', '), why]); // prettier-ignore
}

/** A table in Markdown, which is readable as it is. */
export function markdownOf({ title, text, columns, rows }: Table): string {
  const escaped = [columns, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = columns.map((_, i) => Math.max(3, ...escaped.map((row) => [...(row[i] ?? '')].length)));
  const line = (row: readonly string[]): string => {
    const padded = row.map((cell, i) => {
      const space = ' '.repeat((widths[i] ?? 0) - [...cell].length);
      return i === 0 ? cell + space : space + cell;
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [head = [], ...body] = escaped;
  return [`## ${title}`, '', text, '', line(head), rule, ...body.map(line)].join('\n');
}
