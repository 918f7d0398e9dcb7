/** The plays that several examples learn from. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DataError } from 'hebb';

export interface Plays {
  /** The first nine tenths. */
  readonly train: string;
  /** The rest, which comes later. */
  readonly validation: string;
}

/** Tiny Shakespeare: `input.txt` of a folder, or the copy that comes with the examples. */
export async function loadPlays(folder: string | undefined, carried: string): Promise<Plays> {
  const text = folder === undefined ? gunzipSync(await readFile(carried)).toString('utf8') : await read(folder);
  // By position: a shuffled text would ask for the second half of sentences whose first half was learnt.
  const end = Math.floor(0.9 * text.length);
  return { train: text.slice(0, end), validation: text.slice(end) };
}

async function read(folder: string): Promise<string> {
  const path = join(folder, 'input.txt');
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DataError(`[loadPlays] cannot read ${path}.`, { cause, hint: '--data DIR is a folder with input.txt.' });
  });
  if (text.length < 1000)
    throw new DataError(`[loadPlays] ${path} has ${text.length} characters, too few to learn to write from.`);
  return text.replaceAll('\r\n', '\n');
}
