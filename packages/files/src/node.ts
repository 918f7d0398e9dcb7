/**
 * Node's own modules, asked for while the program runs. Bundlers follow every import they can read, dynamic ones too, and fail
 * on Node's modules when they build for a browser; nobody follows this call. Node has it since 20.16, Deno and Bun too.
 */
import type * as SyncFiles from 'node:fs';
import type * as Files from 'node:fs/promises';
import type * as Paths from 'node:path';
import type * as Urls from 'node:url';
import { FileError, type FileAction } from './errors.ts';
import type { FileOptions } from './options.ts';

interface NodeModules {
  readonly files: typeof Files;
  readonly syncFiles: typeof SyncFiles;
  readonly paths: typeof Paths;
  readonly urls: typeof Urls;
}

/** Undefined where there are no files. */
export function findNode(): NodeModules | undefined {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined;
  const files = process.getBuiltinModule('node:fs/promises');
  const syncFiles = process.getBuiltinModule('node:fs');
  const paths = process.getBuiltinModule('node:path');
  const urls = process.getBuiltinModule('node:url');
  // Bundlers put an empty `process` into pages, and workers at the edge answer for some modules only.
  return files && syncFiles && paths && urls ? { files, syncFiles, paths, urls } : undefined;
}

const insteadByDefault: Readonly<Record<FileAction, string>> = {
  read: 'Fetch the bytes, new Uint8Array(await (await fetch(url)).arrayBuffer()), or take those of a File, and pass them.',
  write: 'Offer the bytes as a download: link.href = URL.createObjectURL(new Blob([bytes])).',
};

/** @throws FileError where there are no files */
export function requireNode(action: FileAction, path: string | URL, { instead }: FileOptions): NodeModules {
  const isPath = typeof path === 'string' || (path instanceof URL && path.protocol === 'file:');
  if (!isPath) {
    throw new FileError(action, path instanceof URL ? path.href : typeof path, {
      code: 'EINVAL',
      reason: 'a file is given by its path, a string or a file: URL',
      hint: path instanceof URL ? 'Fetch what lies elsewhere.' : 'Is an argument missing, or in the place of another?',
    });
  }
  const modules = findNode();
  if (modules !== undefined) return modules;
  throw new FileError(action, String(path), {
    code: 'ENOSYS',
    reason: 'files are there in Node only, not in a browser',
    hint: instead ?? insteadByDefault[action],
  });
}
