/**
 * Writes docs/layers.md from measurements.
 *
 * npm run layers                 everything anew
 * npm run layers -- NAME…        these rows, all others as they stand
 * npm run layers -- --missing    rows that the page does not have, or of which there are other cases now
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { device, setDevice } from '../../packages/tensor/src/index.ts';
import { measure } from './src/measure.ts';
import { columns, read, render, type Row } from './src/page.ts';
import { chapters } from './src/subjects.ts';

const file = fileURLToPath(new URL('../../docs/layers.md', import.meta.url));
const { values, positionals } = parseArgs({ allowPositionals: true, options: { missing: { type: 'boolean' } } });
const before = new Map(
  [...(existsSync(file) ? read(readFileSync(file, 'utf8')).chapters.values() : [])].flatMap((rows) => [...rows]),
);

setDevice('webgpu');
const adapter = await device.ready();
const failed: string[] = [];
const written = new Map<string, Map<string, Row>>();
for (const [title, subjects] of chapters) {
  const rows = new Map<string, Row>();
  for (const [name, subject] of subjects) {
    const known = before.get(name);
    const isStale = known === undefined || known.cases.text !== (subject.cases.length || '–').toString();
    const isAsked = positionals.includes(name) || isStale || (positionals.length === 0 && values.missing !== true);
    const row = known === undefined || isAsked ? await measure(subject, true) : known;
    rows.set(name, row);
    if (row !== known) console.log(name.padEnd(28), columns.map((column) => row[column].text).join(' | '));
    for (const column of columns)
      if (row[column].failed === true) failed.push(`${name}, ${column}: ${row[column].note}`);
  }
  written.set(title, rows);
  const page = render({
    environment: `${adapter.replace(/^WebGPU, /, '')}; Node ${process.versions.node.split('.')[0]} on ${process.arch}`,
    chapters: written,
  });
  writeFileSync(file, await format(page, { ...(await resolveConfig(file)), filepath: file }));
}
console.log(
  [
    `${[...written.values()].reduce((sum, { size }) => sum + size, 0)} rows, ${failed.length} cells that fail`,
    ...failed,
  ].join('\n'),
);
// Devices keep the process.
process.exit(failed.length === 0 ? 0 : 1);
