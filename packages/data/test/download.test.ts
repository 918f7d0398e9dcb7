import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  DataError,
  downloadMnist,
  fetchDataset,
  mnistFiles,
  mnistMirror,
  type DownloadProgress,
  csv,
  loadDigits,
  loadIdx,
} from '../src/index.ts';

const file = Buffer.alloc(200_000, 'Hebb');
const sha256 = createHash('sha256').update(file).digest('hex');
let requests = 0;
let server: Server;
let base: string;
let cacheDir: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests++;
    switch (request.url) {
      case '/good.bin':
      case '/mnist/train-images-idx3-ubyte.gz':
        response.writeHead(200, { 'content-length': file.length }).end(file);
        return;
      case '/cut.bin': // announces more than it sends, then hangs up
        response.writeHead(200, { 'content-length': file.length });
        response.write(file.subarray(0, 1000), () => response.destroy());
        return;
      case '/chunked-cut.bin': // ends early without having announced a length
        response.end(file.subarray(0, 1000));
        return;
      case '/page.csv': // as a site answers that wants a login
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>\n<title>Sign in</title>\n');
        return;
      case '/silent.bin':
        response.writeHead(200, { 'content-length': file.length });
        response.write(file.subarray(0, 1000));
        return;
      default:
        response.writeHead(404).end('nothing here');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  cacheDir = await mkdtemp(join(tmpdir(), 'hebb-cache-'));
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(cacheDir, { recursive: true });
});

beforeEach(() => {
  requests = 0;
});

it.each([
  ['csv', csv],
  ['loadIdx', loadIdx],
  ['loadDigits', loadDigits],
])('%s refuses a web page that came in place of the file', async (_, read) => {
  await expect(read(`${base}/page.csv`)).rejects.toThrow(
    /page\.csv is an HTML page, not data\.[^]*hint: The address shows a page/,
  );
});

async function filesLeft(): Promise<string[]> {
  return (await readdir(cacheDir, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

describe('fetchDataset', () => {
  it('names the URL of what fails, and leaves nothing behind', async () => {
    const failing: [string, RegExp, object?][] = [
      ['/absent.bin', /absent\.bin: the server answered 404 Not Found/],
      ['/cut.bin', /cut\.bin: the download failed/],
      ['/chunked-cut.bin', /wrong checksum, SHA-256 [0-9a-f]{64} instead of .* \(1000 bytes\)[^]*Nothing was kept/],
      ['/page.csv', /wrong checksum[^]*It is an HTML page[^]*Nothing was kept/],
      ['/silent.bin', /silent\.bin: nothing came for 0\.1 s/, { timeout: 100 }],
      ['/silent.bin', /silent\.bin: aborted/, { signal: AbortSignal.timeout(50) }],
      ['/good.bin', /good\.bin: wrong checksum/, { sha256: '0'.repeat(64) }],
    ];
    for (const [path, message, options] of failing) {
      const attempt = fetchDataset({ url: `${base}${path}`, sha256, cacheDir, ...options });
      await expect(attempt).rejects.toThrow(message);
      await expect(attempt).rejects.toBeInstanceOf(DataError);
    }
    expect(await filesLeft()).toEqual([]);
    await expect(fetchDataset({ url: 'http://127.0.0.1:1/x.bin', sha256, cacheDir })).rejects.toThrow(
      /x\.bin: the download failed .*Check the connection/s,
    );
  });

  it('removes what a killed download left, but not what another process may be writing', async () => {
    const options = { url: `${base}/good.bin`, sha256, cacheDir, folder: 'killed' };
    const half = (): string => join(cacheDir, 'killed', `good.bin.${crypto.randomUUID()}.tmp`);
    for (const isThere of [false, true]) {
      await mkdir(join(cacheDir, 'killed'), { recursive: true });
      expect((await readdir(join(cacheDir, 'killed'))).includes('good.bin')).toBe(isThere);
      const [dead, living] = [half(), half()];
      for (const path of [dead, living]) await writeFile(path, file.subarray(0, 1000));
      await utimes(dead, new Date(), new Date(Date.now() - 601_000));
      const path = await fetchDataset(options);
      expect((await readdir(join(cacheDir, 'killed'))).map((name) => join(cacheDir, 'killed', name)).sort()).toEqual([path, living].sort()); // prettier-ignore
      await rm(living);
    }
    await rm(join(cacheDir, 'killed'), { recursive: true });
  });

  it('downloads once, with progress, and then uses the cache', async () => {
    const seen: DownloadProgress[] = [];
    const options = {
      url: `${base}/good.bin`,
      sha256: sha256.toUpperCase(),
      cacheDir,
      onProgress: (progress: DownloadProgress) => seen.push(progress),
    };
    const path = await fetchDataset(options);
    expect(path).toBe(join(cacheDir, sha256.slice(0, 16), 'good.bin'));
    expect(file.equals(await readFile(path))).toBe(true);
    expect(seen.at(-1)).toEqual({ url: options.url, receivedBytes: file.length, totalBytes: file.length });
    const pieces = seen.length;
    expect(await fetchDataset(options)).toBe(path);
    expect([requests, seen.length]).toEqual([1, pieces]);
    await writeFile(path, 'damaged');
    expect(file.equals(await readFile(await fetchDataset(options)))).toBe(true);
    expect(requests).toBe(2);
    expect(await filesLeft()).toEqual(['good.bin']);
  });

  it('takes the cache from the environment, and two calls at once', async () => {
    const before = process.env['HEBB_CACHE_DIR'];
    process.env['HEBB_CACHE_DIR'] = join(cacheDir, 'other');
    try {
      const options = {
        url: `${base}/good.bin?version=1`.replace('?version=1', ''),
        sha256,
        folder: 'mine',
        name: 'a.bin',
      };
      const paths = await Promise.all([fetchDataset(options), fetchDataset(options)]);
      expect(paths).toEqual(new Array(2).fill(join(cacheDir, 'other', 'mine', 'a.bin')));
      expect(file.equals(await readFile(paths[0] ?? ''))).toBe(true);
    } finally {
      if (before === undefined) delete process.env['HEBB_CACHE_DIR'];
      else process.env['HEBB_CACHE_DIR'] = before;
    }
  });

  it.each([
    [{ url: 'file:///etc/passwd' }, /expected an http\(s\) URL/],
    [{ url: 'http://' }, /expected an http\(s\) URL/],
    [{ sha256: 'abc' }, /64 hexadecimal digits/],
    [{ name: '../../escape' }, /cannot name a file/],
    [{ folder: '..' }, /cannot name a file or folder/],
    [{ url: 'http://127.0.0.1:1/' }, /'' cannot name/],
  ])('refuses %j', async (options, message) => {
    await expect(fetchDataset({ url: `${base}/good.bin`, sha256, cacheDir, ...options })).rejects.toThrow(message);
    expect(requests).toBe(0);
  });
});

describe('MNIST', () => {
  it('is four files with checksums', () => {
    expect(mnistFiles.map(({ name }) => name)).toEqual([
      'train-images-idx3-ubyte.gz',
      'train-labels-idx1-ubyte.gz',
      't10k-images-idx3-ubyte.gz',
      't10k-labels-idx1-ubyte.gz',
    ]);
    for (const entry of mnistFiles) expect(entry.sha256 + entry.contentSha256).toMatch(/^[0-9a-f]{128}$/);
    expect(mnistMirror).toMatch(/^https:.*\/$/);
  });

  it('is refused from a mirror that has something else', async () => {
    await expect(downloadMnist({ mirror: `${base}/mnist`, cacheDir })).rejects.toThrow(
      /train-images-idx3-ubyte\.gz: wrong checksum/,
    );
  });
});
