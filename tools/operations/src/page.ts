/** docs/operations.md: written from rows, and read again. */
import { columns, type Column, type Row } from './measure.ts';
import { readPage, renderPage, type Page } from './tables.ts';

const titles: Readonly<Record<Column, string>> = {
  wasm: 'WebAssembly',
  webgpu: 'WebGPU',
  gradient: 'gradient',
  second: 'second gradient',
  vmap: 'vmap',
  onnx: 'ONNX',
};

const introduction = `# Operations

What every operation on tensors does where, as measured by \`npm run operations\`, which wrote this page: do not edit it. \`tools/operations\` holds what
each operation is asked, and its tests fail where the page is not what they measure.

- **WebAssembly**, **WebGPU**: the largest error beside the float64 interpreter. In units of the last place (ulp) for functions of single numbers, over every exponent
  of float32, and pairs of all exponents for two; elsewhere relative to the largest element of a result. _Exact_ is the float32 nearest to the right result.
- **gradient**, **second gradient**: agree with central differences in float64 to 10⁻⁶ and 10⁻⁵, forwards and backwards. – where results are no float32 numbers, where nothing goes in, or
  where what happens waits for values on the host.
- **vmap**: mapped over examples, with its gradients, it is what a loop over the examples gives.
- **ONNX**: onnxruntime computes the same from a file. – where there is nothing to write: draws, and what waits for values on the host.
`;

export function render(page: Page<Row>): string {
  const all = columns.map((column) => ({ title: titles[column], cell: (row: Row) => row[column] }));
  return renderPage(introduction, page, () => ({ corner: 'operation', columns: all }));
}

/** The rows of a page that {@link render} wrote. */
export function read(text: string): Page<Row> {
  return readPage(
    text,
    (_, cells) => Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? { text: '' }])) as Row,
  );
}
