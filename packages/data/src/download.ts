/** Downloads that are checked, kept and never half there, in Node: what reaches for its modules here runs where there are files. */
import { FileError, hasFiles, removeTemporaries, writeFile } from '@hebb/files';
import {
  checkOptions,
  requireFunction,
  requireNumber,
  requireOptions,
  requirePath,
  requireSignal,
  requireString,
  type OptionNames,
} from '@hebb/tensor/arguments';
import { kindOf, pageHint, pageKind } from './content.ts';
import { DataError, messageOf } from './errors.ts';
import { fileError } from './files.ts';

export interface DownloadProgress {
  readonly url: string;
  readonly receivedBytes: number;
  /** What the server announced, if it did. */
  readonly totalBytes: number | undefined;
}

export interface FetchDatasetOptions {
  readonly url: string | URL;
  /** SHA-256 of the file, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Folder in the cache. Default: the first 16 digits of the checksum. */
  readonly folder?: string;
  /** File name. Default: the last part of the URL's path. */
  readonly name?: string;
  /** Default: the environment variable `HEBB_CACHE_DIR`, else `~/.cache/hebb`. */
  readonly cacheDir?: string;
  /** Called after each piece that arrives; not called when the file is in the cache. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Milliseconds without a byte after which the download fails. Default 30000. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

const fetchOptions: OptionNames<FetchDatasetOptions> = {
  url: requirePath,
  sha256: requireString,
  folder: requireString,
  name: requireString,
  cacheDir: requireString,
  onProgress: requireFunction,
  timeout: requireNumber,
  signal: requireSignal,
};

/**
 * Downloads a file once. Returns its path in the cache, `<cacheDir>/<folder>/<name>`; if a file with the right checksum
 * lies there already, nothing is sent over the network, and a damaged one is fetched again. The file is written under
 * a temporary name and renamed when its checksum is right; what a download that was killed left there is removed by a later call, once it has
 * lain untouched for ten minutes.
 *
 * ```ts
 * import { csv, fetchDataset } from '@hebb/data';
 *
 * const path = await fetchDataset({
 *   url: 'https://example.org/penguins.csv',
 *   sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
 * });
 * const table = await csv(path);
 * ```
 *
 * @throws DataError naming the URL, if the server cannot be reached, answers with an error, ends early, falls silent,
 *   or sends a file with another checksum.
 */
export async function fetchDataset(options: FetchDatasetOptions): Promise<string> {
  requireOptions('fetchDataset', options, fetchOptions);
  const { sha256, onProgress, timeout = 30_000, signal } = options;
  if (!hasFiles()) {
    throw new DataError('[fetchDataset] keeps downloads in a folder, and files are there in Node only.', {
      source: String(options.url),
      hint: 'In a browser give the URL to what reads it, e.g. csv(url) or loadIdx(url), or pass the bytes of fetch(url).',
    });
  }
  const url = String(options.url);
  if (!/^https?:/i.test(url) || !URL.canParse(url))
    throw new DataError(`[fetchDataset] expected an http(s) URL, got ${url}.`);
  if (!/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new DataError(`[fetchDataset] sha256 must be 64 hexadecimal digits, got '${sha256}'.`, {
      hint: 'Compute it with: sha256sum <file>',
    });
  }
  const expected = sha256.toLowerCase();
  const name = options.name ?? new URL(url).pathname.split('/').at(-1) ?? '';
  const folderName = options.folder ?? expected.slice(0, 16);
  for (const part of [name, folderName]) {
    if (!/^[^/\\:\0]+$/.test(part) || part === '.' || part === '..') {
      throw new DataError(`[fetchDataset] '${part}' cannot name a file or folder in the cache.`, {
        hint: 'Give { name: … } or { folder: … }.',
      });
    }
  }

  const paths = process.getBuiltinModule('node:path');
  const path = paths.join(options.cacheDir ?? defaultCacheDir(), folderName, name);
  // Another process may be downloading the same now: it fails when nothing comes, and writes when something does.
  const untouchedFor = Math.max(600, (2 * timeout) / 1000 || 0);
  await removeTemporaries(paths.dirname(path), (each) => each === name, { untouchedFor }).catch(() => undefined); // no folder yet
  if ((await checksum(path)) === expected) return path;

  const fail = (reason: string, details: { hint?: string; cause?: unknown } = {}): DataError =>
    new DataError(`[fetchDataset] ${url}: ${reason}.`, { source: url, ...details });
  const abort = new AbortController();
  const forward = (): void => abort.abort(signal?.reason);
  signal?.addEventListener('abort', forward);
  if (signal?.aborted === true) forward();
  let silence: ReturnType<typeof setTimeout> | undefined;
  let timedOut = false;
  const heard = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      timedOut = true;
      abort.abort();
    }, timeout);
  };
  async function* download(): AsyncGenerator<Uint8Array> {
    heard();
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || response.body === null) {
      abort.abort();
      throw fail(`the server answered ${response.status} ${response.statusText}`.trimEnd());
    }
    // With a content encoding the announced length is that of the packed bytes, which fetch unpacks.
    const announced = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
    const totalBytes = announced === null ? undefined : Number(announced);
    const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
    let receivedBytes = 0;
    let kind: string | undefined;
    for await (const piece of response.body) {
      heard();
      if (receivedBytes === 0) kind = kindOf(piece);
      hash.update(piece);
      yield piece;
      receivedBytes += piece.length;
      onProgress?.({ url, receivedBytes, totalBytes });
    }
    if (totalBytes !== undefined && receivedBytes !== totalBytes) {
      throw fail(`the download ended after ${receivedBytes} of ${totalBytes} bytes`, { hint: 'Try again.' });
    }
    const actual = hash.digest('hex');
    if (actual !== expected) {
      throw fail(`wrong checksum, SHA-256 ${actual} instead of ${expected} (${receivedBytes} bytes)`, {
        hint: `${kind === pageKind ? `It is an HTML page. ${pageHint}` : 'The file has changed at its source, or something on the way answered in its place.'} Nothing was kept.`,
      });
    }
  }
  try {
    // What fails before the last byte is checked leaves no file.
    await writeFile(path, download(), { makeFolder: true });
    return path;
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    if (cause instanceof FileError) throw fileError('fetchDataset', cause);
    if (timedOut)
      throw fail(`nothing came for ${timeout / 1000} s`, { hint: 'Try again, or give a longer { timeout }.', cause });
    if (signal?.aborted === true) throw fail('aborted', { cause });
    const inner = cause instanceof Error && cause.cause !== undefined ? `: ${messageOf(cause.cause)}` : '';
    throw fail(`the download failed (${messageOf(cause)}${inner})`, {
      hint: 'Check the connection and try again.',
      cause,
    });
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener('abort', forward);
  }
}

function defaultCacheDir(): string {
  const given = process.env['HEBB_CACHE_DIR'];
  if (given !== undefined && given !== '') return given;
  return process.getBuiltinModule('node:path').join(process.getBuiltinModule('node:os').homedir(), '.cache', 'hebb');
}

async function checksum(path: string): Promise<string | undefined> {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256');
  try {
    const stream = process.getBuiltinModule('node:fs').createReadStream(path);
    for await (const piece of stream) hash.update(piece as Uint8Array);
  } catch {
    return undefined;
  }
  return hash.digest('hex');
}

/**
 * MNIST's four files as the mirror has them: `sha256` of the `.gz` file, `contentSha256` of what it unpacks to (the same
 * whatever program packed it).
 */
export const mnistFiles: readonly { readonly name: string; readonly sha256: string; readonly contentSha256: string }[] =
  [
    {
      name: 'train-images-idx3-ubyte.gz',
      sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
      contentSha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    },
    {
      name: 'train-labels-idx1-ubyte.gz',
      sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
      contentSha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    },
    {
      name: 't10k-images-idx3-ubyte.gz',
      sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
      contentSha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    },
    {
      name: 't10k-labels-idx1-ubyte.gz',
      sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
      contentSha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    },
  ];

/** Where PyTorch's `torchvision` gets MNIST from. */
export const mnistMirror: string = 'https://ossci-datasets.s3.amazonaws.com/mnist/';

export interface DownloadMnistOptions extends Pick<
  FetchDatasetOptions,
  'cacheDir' | 'onProgress' | 'signal' | 'timeout'
> {
  /** Default {@link mnistMirror}. */
  mirror?: string;
}

const downloadOptions: OptionNames<DownloadMnistOptions> = {
  mirror: requireString,
  cacheDir: requireString,
  onProgress: requireFunction,
  signal: requireSignal,
  timeout: requireNumber,
};

/**
 * Downloads MNIST's four files (11.6 MB) once, and returns their folder for `loadMnist`.
 *
 * ```ts
 * import { downloadMnist, loadMnist } from '@hebb/data';
 *
 * const { train, test } = await loadMnist(await downloadMnist());
 * train.classNames.length; // 10
 * ```
 *
 * @throws DataError as {@link fetchDataset}.
 */
export async function downloadMnist(options: DownloadMnistOptions = {}): Promise<string> {
  checkOptions('downloadMnist', options, downloadOptions);
  const { mirror = mnistMirror, ...rest } = options;
  let folder = '';
  for (const { name, sha256 } of mnistFiles) {
    const url = `${mirror.replace(/\/*$/, '/')}${name}`;
    const path = await fetchDataset({ ...rest, url, sha256, folder: 'mnist' });
    folder = process.getBuiltinModule('node:path').dirname(path);
  }
  return folder;
}
