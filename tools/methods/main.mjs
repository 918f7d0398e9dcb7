/** Writes packages/tensor/src/methods.ts (`npm run generate`), or with --check fails where it is not up to date (`npm run lint`). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from '../setup/process.mjs';
import { methodsSource } from './methods.mjs';

const path = join(root, 'packages/tensor/src/methods.ts');
const source = methodsSource((file) => readFileSync(join(root, file), 'utf8'));
const text = await format(source, { ...(await resolveConfig(path)), filepath: path });
if (!process.argv.includes('--check')) writeFileSync(path, text);
else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
  console.error('packages/tensor/src/methods.ts is not what the functions in ops/ say: npm run generate writes it.');
  process.exitCode = 1;
}
