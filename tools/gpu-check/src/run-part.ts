/** One part in a process of its own: rows go out as lines of JSON as soon as they are known. Arguments: name, milliseconds, folder. */
import { parts } from './parts/index.ts';
import type { Row } from './rows.ts';

const [name = '', budget = '0', folder = '.'] = process.argv.slice(2);
const report = (row: Row): void => {
  process.stdout.write(`${JSON.stringify(row)}\n`);
};
const end = performance.now() + Number(budget);
try {
  const part = await parts[name]?.load();
  await part?.({ report, folder, remaining: () => end - performance.now() });
} catch (error) {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  report({ name: 'the part failed', value: text.split('\n').slice(0, 4).join(' | '), failed: true });
}
// Dawn keeps the event loop alive; what was written has to leave first.
process.stdout.write('', () => process.exit(0));
