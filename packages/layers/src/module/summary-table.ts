/** A summary as text: an aligned table that fits a terminal. */
import { formatBytes } from '@hebb/tensor/costs';
import type { Summary, SummaryRow } from './summary.ts';

/** Characters that the first three columns keep where the table would be wider. */
const narrowest = 12;

const columns = ['layer', 'type', 'output', 'parameters', 'FLOPs', ''] as const;
const numbers = [3, 4];

/** @param widest columns of a terminal that the table may take */
export function formatSummary(summary: Omit<Summary, 'toString'>, widest: number): string {
  // Notes stand at the end of their lines, or where that is too far under the type.
  const beside = linesOf(summary, notesBeside);
  const lines = widthOf(widthsOf(beside)) <= widest ? beside : linesOf(summary, notesBelow);
  const sentences = costLines(summary).flatMap((text) => wrap(text, widest));
  return [...align(lines, widest), ...sentences].join('\n');
}

/** Cells of a row: name, type, parameters, FLOPs; its outputs; and what else is to be said of it. */
type Layout = (cells: readonly string[], outputs: SummaryRow['outputs'], note: string) => string[][];

function linesOf(summary: Omit<Summary, 'toString'>, layout: Layout): string[][] {
  const { rows, outputs, parameters, frozen, buffers, flops } = summary;
  const isContainer = (row: SummaryRow, i: number): boolean => (rows[i + 1]?.depth ?? 0) > row.depth;
  const named = names(rows);
  const inBuffers = buffers === 0 ? '' : `and ${count(buffers)} in buffers`;
  return [
    [...columns],
    ...rows.flatMap((row, i) => {
      // What stands in the rows below has its numbers there.
      const holds = isContainer(row, i);
      const quantity = (n: number, text: string): string => (holds && n === 0 ? '' : text);
      const cells = [
        `${'  '.repeat(row.depth)}${named[i] ?? ''}`,
        row.description,
        quantity(row.parameters, count(row.parameters)),
        quantity(row.flops, short(row.flops)),
      ];
      return layout(cells, row.outputs, notes(row));
    }),
    ...layout(['total', inBuffers, count(parameters), short(flops)], outputs, frozenOf(frozen, parameters)),
  ];
}

const notesBeside: Layout = ([name = '', type = '', ...numbers], outputs, note) => {
  const [first = '–', ...others] = listed(outputs);
  return [[name, type, first, ...numbers, note], ...others.map((output) => ['', '', output])];
};

const notesBelow: Layout = (cells, outputs, note) => {
  const [first = [], second = ['', '', ''], ...others] = notesBeside(cells, outputs, '');
  const [, , output = ''] = second;
  return note === '' && output === '' ? [first] : [first, ['', note, output], ...others];
};

/** Outputs that are listed. */
const mostOutputs = 4;

/** Of several outputs each has a line of its own. */
function listed(outputs: SummaryRow['outputs']): string[] {
  const all = [...outputs].map(([place, extents]) => `${place === '' ? '' : `${place}: `}[${extents.join(', ')}]`);
  if (all.length <= mostOutputs) return all;
  return [...all.slice(0, mostOutputs - 1), `and ${all.length - mostOutputs + 1} others`];
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
  ];
}

/** Lines of a sentence that fit. */
function wrap(text: string, widest: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > widest) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
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
function align(lines: readonly (readonly string[])[], widest: number): string[] {
  const widths = widthsOf(lines);
  for (let over = widthOf(widths) - widest; over > 0; over--) {
    const texts = [0, 1, 2].filter((column) => (widths[column] ?? 0) > narrowest);
    const longest = texts.sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
    if (longest === undefined) break;
    widths[longest] = (widths[longest] ?? 0) - 1;
  }
  return lines.map((line) =>
    columns
      .map((_, column) => {
        const [cell = '', width = 0] = [line[column], widths[column]];
        if (numbers.includes(column)) return cell.padStart(width);
        return cell.length <= width ? cell.padEnd(width) : `${cell.slice(0, width - 1)}…`;
      })
      .join('  ')
      .trimEnd(),
  );
}

function widthsOf(lines: readonly (readonly string[])[]): number[] {
  return columns.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
}

/** Of a line, with two columns between each two that hold something. */
function widthOf(widths: readonly number[]): number {
  return widths.filter((width) => width > 0).reduce((total, width) => total + width + 2, -2);
}
