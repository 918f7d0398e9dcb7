/** docs/layers.md: written from rows, and read again. */
import type { Cell } from '../../operations/src/cell.ts';

export const columns = [
  'cases',
  'wasm',
  'wasmGradients',
  'webgpu',
  'webgpuGradients',
  'rounding',
  'differences',
  'onnx',
] as const;
export type Column = (typeof columns)[number];
export type Row = Readonly<Record<Column, Cell>>;

const titles: Readonly<Record<Column, string>> = {
  cases: 'cases',
  wasm: 'WebAssembly',
  wasmGradients: 'gradients',
  webgpu: 'WebGPU',
  webgpuGradients: 'gradients',
  rounding: 'float32 elsewhere',
  differences: 'differences',
  onnx: 'ONNX',
};

const introduction = `# Layers, losses, optimizers, schedules

What each was measured beside, written by \`npm run layers\`: do not edit it. \`tools/layers\` holds how a small one of each layer is made, and its tests fail where
a public class or function has no row.

- **cases**: configurations whose numbers PyTorch, or the formula of the paper, gave in float64 (\`tools/golden\`). – where there are none: containers, and layers that
  only stand for another one until its sizes are known.
- **WebAssembly**, **WebGPU**: the largest |difference| / (1 + |number|) of outputs, and of the gradients with respect to all parameters and floating inputs. Of optimizers: of
  parameters in fifty steps. Of schedules: of their factors. More than 10⁻⁵ has a note that says why.
- **float32 elsewhere**: the largest such difference of the same program in float32, by PyTorch or by the formula of the paper, over 32 orders of the examples (400 for L-BFGS): what rounding alone does in
  fifty steps.
- **differences**: all derivatives agree with central differences in float64 to 10⁻⁶, while training and while evaluating.
- **ONNX**: the operators that a file of it has, beside those that only move elements; onnxruntime computes the same to 10⁻⁵ at two sizes of every free axis (batch, sequence, nodes,
  edges).
`;

export interface Page {
  /** What the devices were. */
  readonly environment: string;
  /** By chapter, rows by name. */
  readonly chapters: ReadonlyMap<string, ReadonlyMap<string, Row>>;
}

export function render({ environment, chapters }: Page): string {
  const notes: string[] = [];
  const cell = ({ text, note }: Cell): string => {
    if (note === undefined) return text;
    if (!notes.includes(note)) notes.push(note);
    return `${text} (${notes.indexOf(note) + 1})`;
  };
  const parts = [...chapters].map(([title, rows]) => {
    const shown = columns.filter((column) => [...rows.values()].some((row) => row[column].text !== '–'));
    const lines = [...rows].map(([name, row]) => `| \`${name}\` | ${shown.map((c) => cell(row[c])).join(' | ')} |`);
    const head = `| | ${shown.map((column) => titles[column]).join(' | ')} |`;
    return [`## ${title}`, '', head, `| --- |${' --- |'.repeat(shown.length)}`, ...lines].join('\n');
  });
  const list = notes.length === 0 ? [] : ['## Notes', notes.map((note, i) => `${i + 1}. ${note}`).join('\n')];
  return [introduction, `Measured with: ${environment}.`, ...parts, ...list, ''].join('\n\n');
}

/** The rows of a page that {@link render} wrote. */
export function read(text: string): Page {
  const environment = /^Measured with: (.*)\.$/m.exec(text)?.[1] ?? '';
  const notes = new Map<string, string>();
  for (const [, number, note] of (text.split('\n## Notes\n')[1] ?? '').matchAll(/^(\d+)\. (.*)$/gm))
    notes.set(number ?? '', note ?? '');
  const cell = (given: string): Cell => {
    const [, said = given, number] = /^(.*) \((\d+)\)$/.exec(given) ?? [];
    const note = number === undefined ? undefined : notes.get(number);
    return note === undefined ? { text: given } : { text: said, note };
  };
  const chapters = new Map<string, Map<string, Row>>();
  let rows = new Map<string, Row>();
  let shown: Column[] = [];
  for (const line of text.split('\n')) {
    const title = /^## (.*)$/.exec(line)?.[1];
    if (title !== undefined && title !== 'Notes') chapters.set(title, (rows = new Map()));
    const head = /^\|\s*\|(.*)\|$/.exec(line)?.[1];
    if (head !== undefined) shown = columnsOf(head.split('|').map((text) => text.trim()));
    const [, name, rest] = /^\| `(\w+)`\s*\|(.*)\|$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) continue;
    const cells = rest.split('|').map((each) => cell(each.trim()));
    const row: Record<string, Cell> = Object.fromEntries(columns.map((column) => [column, { text: '–' }]));
    shown.forEach((column, i) => (row[column] = cells[i] ?? { text: '' }));
    rows.set(name, row as Row);
  }
  return { environment, chapters };
}

/** The columns of a head. Two have one title: gradients are those of the device before. */
function columnsOf(head: readonly string[]): Column[] {
  return head.map((title, i) => {
    if (title === titles.webgpuGradients) return head[i - 1] === titles.webgpu ? 'webgpuGradients' : 'wasmGradients';
    return columns.find((column) => titles[column] === title) ?? 'cases';
  });
}
