/**
 * Writes docs/operations.md from measurements.
 *
 * npm run operations                 everything anew
 * npm run operations -- NAME…        these rows, all others as they stand
 * npm run operations -- --missing    rows that the page does not have
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { device, setDevice } from '../../packages/tensor/src/index.ts';
import { chapters, operations } from './src/catalogue.ts';
import { columns, measure, type Row } from './src/measure.ts';
import { read, render } from './src/page.ts';

const file = fileURLToPath(new URL('../../docs/operations.md', import.meta.url));
const { values, positionals } = parseArgs({ allowPositionals: true, options: { missing: { type: 'boolean' } } });
const unknown = positionals.find((name) => !operations.has(name));
if (unknown !== undefined) throw new Error(`There is no operation ${unknown} in tools/operations/src/catalogue.`);

const before = new Map(
  [...(existsSync(file) ? read(readFileSync(file, 'utf8')).chapters.values() : [])].flatMap((rows) => [...rows]),
);
const isAsked = (name: string): boolean =>
  positionals.includes(name) || !before.has(name) || (positionals.length === 0 && values.missing !== true);

setDevice('webgpu');
const adapter = await device.ready();
setDevice('reference');
const failed: string[] = [];
const rows = new Map<string, Row>();
for (const [name, operation] of operations) {
  const known = before.get(name);
  if (known !== undefined && !isAsked(name)) {
    rows.set(name, known);
    continue;
  }
  const row = await measure(operation, true);
  rows.set(name, row);
  console.log(name.padEnd(28), columns.map((column) => row[column].text).join(' | '));
  for (const column of columns) if (row[column].failed === true) failed.push(`${name}, ${column}: ${row[column].note}`);
}
const page = render({
  environment: `${adapter.replace(/^WebGPU, /, '')}; Node ${process.versions.node.split('.')[0]} on ${process.arch}`,
  chapters: new Map(
    Object.entries(chapters).map(([title, chapter]) => [
      title,
      new Map(Object.keys(chapter).map((name) => [name, rows.get(name) as Row])),
    ]),
  ),
});
writeFileSync(file, await format(page, { ...(await resolveConfig(file)), filepath: file }));
console.log([`${rows.size} operations, ${failed.length} cells that fail`, ...failed].join('\n'));
// Devices keep the process.
process.exit(failed.length === 0 ? 0 : 1);
