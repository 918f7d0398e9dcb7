/** A summary as text: an aligned table that fits a terminal. */
import { formatBytes } from '@hebb/tensor/costs';
import type { Summary, SummaryRow } from './summary.ts';

/** Columns of a terminal that the table may take. */
const widest = 100;
/** Characters that the first three columns keep where the table would be wider. */
const narrowest = 12;

const columns = ['layer', 'type', 'output', 'parameters', 'FLOPs', ''] as const;
const numbers = [3, 4];

export function formatSummary(summary: Omit<Summary, 'toString'>): string {
  const { rows, outputs, parameters, frozen, buffers, flops } = summary;
  const isContainer = (row: SummaryRow, i: number): boolean => (rows[i + 1]?.depth ?? 0) > row.depth;
  const named = names(rows);
  const inBuffers = buffers === 0 ? '' : `and ${count(buffers)} in buffers`;
  const lines = [
    [...columns],
    ...rows.map((row, i) => {
      // What stands in the rows below has its numbers there.
      const holds = isContainer(row, i);
      const quantity = (n: number, text: string): string => (holds && n === 0 ? '' : text);
      return [
        `${'  '.repeat(row.depth)}${named[i] ?? ''}`,
        row.description,
        shapes(row.outputs),
        quantity(row.parameters, count(row.parameters)),
        quantity(row.flops, short(row.flops)),
        notes(row),
      ];
    }),
    ['total', inBuffers, shapes(outputs), count(parameters), short(flops), frozenOf(frozen, parameters)],
  ];
  const table = align(lines);
  return [...table, ...costLines(summary)].join('\n');
}

/** Of each row its path within the module around it. */
function names(rows: readonly SummaryRow[]): string[] {
  /** The path of the module around, by depth. */
  const around: string[] = [];
  return rows.map(({ path, depth }) => {
    around[depth] = path;
    const outer = around[depth - 1] ?? '';
    return path === '' ? '(model)' : outer === '' ? path : path.slice(outer.length + 1);
  });
}

function costLines({ sizes, flops, multiplyAdds, memory }: Omit<Summary, 'toString'>): string[] {
  const at = Object.entries(sizes).map(([name, size]) => `${name} = ${size}`);
  const where = at.length === 0 ? '' : `At ${at.join(', ')}: `;
  const products = `a multiply–add is two; ${short(multiplyAdds)} multiply–adds`;
  const buffers = memory.buffers === 0 ? '' : `, buffers ${formatBytes(memory.buffers)}`;
  return [
    `${where}${short(flops)} FLOPs (${products}).`,
    `Memory: parameters ${formatBytes(memory.parameters)}${buffers}, for the gradient ${formatBytes(memory.activations)}, at most ${formatBytes(memory.peak)} in a forward pass.`,
  ].flatMap(wrap);
}

/** Lines of a sentence that fit. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > widest) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function shapes(outputs: SummaryRow['outputs']): string {
  const each = [...outputs].map(([place, extents]) => `${place === '' ? '' : `${place}: `}[${extents.join(', ')}]`);
  return each.join(', ') || '–';
}

function notes({ frozen, parameters, tied, calls }: SummaryRow): string {
  const said = [
    frozenOf(frozen, parameters),
    tied === 0 ? '' : `${count(tied)} tied`,
    calls > 1 ? `called ${calls} times` : '',
  ];
  return said.filter((note) => note !== '').join(', ');
}

function frozenOf(n: number, of: number): string {
  return n === 0 ? '' : n === of ? 'frozen' : `${count(n)} frozen`;
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}

const prefixes = ['', ' K', ' M', ' G', ' T', ' P'];

/** Three digits and a prefix of thousands: `3.63 G`. */
function short(n: number): string {
  let [value, prefix] = [n, 0];
  while (Number(value.toPrecision(3)) >= 1000 && prefix < prefixes.length - 1) {
    value /= 1000;
    prefix++;
  }
  return prefix === 0 ? count(value) : `${value.toPrecision(3)}${prefixes[prefix] ?? ''}`;
}

/** Cells under one another, numbers to the right; where a line would be too long, the longest of the texts are cut. */
function align(lines: readonly (readonly string[])[]): string[] {
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
  const spare = widest - 2 * (columns.length - 1);
  for (let over = sum(widths) - spare; over > 0; over--) {
    const texts = [0, 1, 2].filter((column) => (widths[column] ?? 0) > narrowest);
    const longest = texts.sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
    if (longest === undefined) break;
    widths[longest] = (widths[longest] ?? 0) - 1;
  }
  return lines.map((line) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        if (numbers.includes(column)) return cell.padStart(width);
        return cell.length <= width ? cell.padEnd(width) : `${cell.slice(0, width - 1)}…`;
      })
      .join('  ')
      .trimEnd(),
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
