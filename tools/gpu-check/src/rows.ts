/** What a part of the check reports, one row at a time, so that a part that is cut off has told what it knew. */

export interface Row {
  readonly name: string;
  /** The figure, or the words where it is none. */
  readonly value: number | string;
  readonly unit?: string;
  /** Slowest and fastest sample, in the unit of the value. */
  readonly range?: readonly [low: number, high: number];
  /** PyTorch's figure for the same work, in the same unit. */
  readonly peer?: number;
  /** Share of what the device can do, between 0 and 1. */
  readonly ofLimit?: number;
  /** Whether something is wrong that has to be acted on. */
  readonly failed?: boolean;
  readonly note?: string;
}

/** The value of what a part did not begin. */
export const outOfTime = 'left out: no time';

/** What a part runs with. */
export interface PartContext {
  readonly report: (row: Row) => void;
  /** Milliseconds left to this part. */
  readonly remaining: () => number;
  /** Folder for files of the part's own. */
  readonly folder: string;
}

export type Part = (context: PartContext) => Promise<void>;

/** Reports what `body` throws as a row of its own, so that one figure that fails does not take the others along. */
export async function attempt({ report }: PartContext, name: string, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    report({ name, value: text.replaceAll(/\s*\n\s*/g, ' | '), failed: true });
  }
}

function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value !== 0 && (Math.abs(value) < 0.01 || Math.abs(value) >= 1e6)) return value.toExponential(2);
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 10 ? 3 : 1 });
}

/** A row as a line of the table. */
export function formatRow({ name, value, unit = '', range, peer, ofLimit, failed, note }: Row): string {
  const parts = [
    failed === true ? '✗' : ' ',
    name.padEnd(46),
    (typeof value === 'number' ? formatNumber(value) : value).padStart(typeof value === 'number' ? 10 : 0),
    unit.padEnd(8),
  ];
  if (range !== undefined) parts.push(`(${range.map(formatNumber).join(' – ')})`);
  if (ofLimit !== undefined) parts.push(`${(100 * ofLimit).toFixed(0)} % of the limit`);
  if (peer !== undefined) {
    const ratio = typeof value === 'number' ? `, ${(value / peer).toFixed(2)} of it` : '';
    parts.push(`PyTorch ${formatNumber(peer)}${ratio}`);
  }
  if (note !== undefined) parts.push(`· ${note}`);
  return parts.join(' ').trimEnd();
}
