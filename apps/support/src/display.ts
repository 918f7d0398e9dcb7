/** What the terminal shows besides progress. */
import { stripVTControlCharacters } from 'node:util';
import picocolors from 'picocolors';

export function say(...lines: readonly string[]): void {
  for (const line of lines.flatMap((text) => text.split('\n')))
    for (const part of wrapped(line, columns() ?? Infinity)) process.stdout.write(`${part}\n`);
}

/** Columns of the terminal; undefined where the output is none, and lines are as long as they are. */
export function columns(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
}

/** A line in parts that fit, broken between words where there are any; what was indented stays so. */
export function wrapped(line: string, width: number): string[] {
  const indent = /^ */.exec(line)?.[0] ?? '';
  const parts: string[] = [];
  let rest = line;
  while (stripVTControlCharacters(rest).length > width) {
    const at = rest.lastIndexOf(' ', width);
    if (at <= indent.length) break;
    parts.push(rest.slice(0, at));
    rest = `${indent}${rest.slice(at + 1)}`;
  }
  return [...parts, rest];
}

export function heading(text: string): string {
  return `\n${picocolors.bold(text)}`;
}

export function formatCount(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '–';
}

/** `12.3 s`, `6 min 20 s`, `1 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const [minutes, rest] = [Math.floor(Math.round(seconds) / 60), Math.round(seconds) % 60];
  return minutes < 60 ? `${minutes} min ${rest} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
