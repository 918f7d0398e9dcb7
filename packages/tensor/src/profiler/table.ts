/** Text of profiles and explanations. */
import type { Origin } from '../graph/origins.ts';
import type { KernelDescription } from '../runtime/observation.ts';

/** Columns of a terminal that a table may take. */
const widest = 100;

/** Figures with methods that do not count among them: `toString`, which Node's console shows too. */
export function withMethods<F extends object, M extends { toString(): string }>(figures: F, methods: M): F & M {
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(figures, name, { value });
  Object.defineProperty(figures, Symbol.for('nodejs.util.inspect.custom'), { value: () => methods.toString() });
  return figures as F & M;
}

/** `∂ 2 (Linear 512 → 256)`: the layer that a kernel is mostly about, or the function and the line that called it; `+2` are further ones. */
export function labelOf({ origins, name }: KernelDescription): string {
  const [first] = origins;
  if (first === undefined) return name;
  const others = new Set(origins.map(placeOf)).size - 1;
  return `${placeOf(first)}${others > 0 ? ` +${others}` : ''}`;
}

/** `∂` stands before gradients. */
export function placeOf({ layer, called, line, isGradient }: Origin): string {
  const place = layer ?? ([called, line && shortLine(line)].filter(Boolean).join(' ') || 'unknown');
  return `${isGradient ? '∂ ' : ''}${place}`;
}

/** `train.ts:12` of `file:///home/ada/train.ts:12:5`. */
export function shortLine(line: string): string {
  return /([^/\\]+:\d+):\d+$/.exec(line)?.[1] ?? line;
}

/** Operations in order, those in a row that are the same once. */
export function operationsText({ operations, kind }: KernelDescription): string {
  const distinct = operations.filter((operation, i) => operation !== operations[i - 1]);
  return distinct.length === 0 ? kind : distinct.join(' ');
}

export function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** Columns that are aligned; those in `left` on the left, others on the right. The first two give way where the table is too wide. */
export function aligned(rows: readonly (readonly string[])[], left: readonly number[]): string[] {
  const count = rows[0]?.length ?? 0;
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  let excess = widths.reduce((sum, width) => sum + width + 2, -2) - widest;
  for (const column of [1, 0]) {
    const cut = Math.min(Math.max(0, excess), Math.max(0, (widths[column] ?? 0) - 24));
    widths[column] = (widths[column] ?? 0) - cut;
    excess -= cut;
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        const text = shortened(cell, width);
        return left.includes(column) ? text.padEnd(width) : text.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Three digits or so, without an exponent. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toFixed(3);
}

/** `12.3 M`: a large number in thousands, millions. */
export function quantity(value: number): string {
  const units = ['', ' k', ' M', ' G', ' T'];
  let rest = value;
  let unit = 0;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit++;
  }
  return `${unit === 0 ? String(rest) : figure(rest)}${units[unit]}`;
}
