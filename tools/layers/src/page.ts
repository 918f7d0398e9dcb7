/** docs/layers.md: written from rows, and read again. */
import type { Cell } from '../../operations/src/cell.ts';
import { readPage, renderPage, type Page } from '../../operations/src/tables.ts';

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
  edges, and of pooled images height and width). Which layers need a fixed size stands in the README of \`@hebb/onnx\`.
`;

export function render(page: Page<Row>): string {
  return renderPage(introduction, page, (rows) => {
    const shown = columns.filter((column) => rows.some((row) => row[column].text !== '–'));
    return {
      corner: '',
      columns: shown.map((column) => ({ title: titles[column], cell: (row: Row) => row[column] })),
    };
  });
}

/** The rows of a page that {@link render} wrote. */
export function read(text: string): Page<Row> {
  return readPage(text, (head, cells) => {
    const row: Record<string, Cell> = Object.fromEntries(columns.map((column) => [column, { text: '–' }]));
    columnsOf(head).forEach((column, i) => (row[column] = cells[i] ?? { text: '' }));
    return row as Row;
  });
}

/** The columns of a head. Two have one title: gradients are those of the device before. */
function columnsOf(head: readonly string[]): Column[] {
  return head.map((title, i) => {
    if (title === titles.webgpuGradients) return head[i - 1] === titles.webgpu ? 'webgpuGradients' : 'wasmGradients';
    return columns.find((column) => titles[column] === title) ?? 'cases';
  });
}
