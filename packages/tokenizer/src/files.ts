/** Files in Node, reached only when called, so that everything else of this package runs in a browser. */
import { TokenizerError } from './errors.ts';

const where = { hint: 'In a browser, use toJSON() and fromJSON() and move the JSON yourself.' };

/** Writes `text` to a temporary file beside `path` and renames it: `path` is never half written. */
export async function writeTextFile(path: string, text: string): Promise<void> {
  const { open, rename, rm } = await import('node:fs/promises');
  const temporary = `${path}.${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(text, 'utf8');
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new TokenizerError(`[save] cannot write ${path}: ${reason(cause)}.`, { ...where, cause });
  }
}

export async function readTextFile(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    throw new TokenizerError(`[load] cannot read ${path}: ${reason(cause)}.`, { ...where, cause });
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
}
