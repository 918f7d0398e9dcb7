/** What the terminal shows besides progress. */
import picocolors from 'picocolors';
import type { Images } from './data.ts';

export function say(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

export function heading(text: string): string {
  return `\n${picocolors.bold(text)}`;
}

export function describeData({ train, test, height, width }: Images): string {
  return `${formatCount(train.length)} images of ${height}×${width} to train on, ${formatCount(test.length)} to test on`;
}

export function formatCount(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '–';
}

export function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
