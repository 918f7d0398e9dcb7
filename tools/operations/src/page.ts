/** docs/operations.md: written from rows, and read again. */
import { columns, type Column, type Row } from './measure.ts';
import type { Cell } from './cell.ts';

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
    const lines = [...rows].map(([name, row]) => `| \`${name}\` | ${columns.map((c) => cell(row[c])).join(' | ')} |`);
    const head = `| operation | ${columns.map((column) => titles[column]).join(' | ')} |`;
    return [`## ${title}`, '', head, `| --- |${' --- |'.repeat(columns.length)}`, ...lines].join('\n');
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
    return note === undefined ? { text: said } : { text: said, note };
  };
  const chapters = new Map<string, Map<string, Row>>();
  let rows = new Map<string, Row>();
  for (const line of text.split('\n')) {
    const title = /^## (.*)$/.exec(line)?.[1];
    if (title !== undefined && title !== 'Notes') chapters.set(title, (rows = new Map()));
    const [, name, rest] = /^\| `(\w+)`\s*\|(.*)\|$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) continue;
    const cells = rest.split('|').map((each) => cell(each.trim()));
    rows.set(name, Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? { text: '' }])) as Row);
  }
  return { environment, chapters };
}
