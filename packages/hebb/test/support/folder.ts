/**
 * Where the calls of `public-functions.ts` write: a folder of this process alone, as others may be under way on the same machine. It goes with the process,
 * not with a test file, since the files after it use the same one; vitest ends its processes by a signal.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const folder = mkdtempSync(join(tmpdir(), 'hebb-arguments-'));

const remove = (): void => rmSync(folder, { recursive: true, force: true });
process.on('exit', remove);
process.once('SIGTERM', () => {
  remove();
  process.kill(process.pid, 'SIGTERM');
});
