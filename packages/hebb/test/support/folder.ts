/** Where the calls of `arguments.test.ts` write: a folder of this run alone, as another may be under way on the same machine. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const folder = mkdtempSync(join(tmpdir(), 'hebb-arguments-'));
