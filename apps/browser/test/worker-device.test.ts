/**
 * A device in a worker of a page, which it never keeps from anything: isolated and not, as served in development and as bundled. Skipped only where the test of the page is.
 *
 * @module-tag long: it bundles pages and starts browsers.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { build, createServer, preview, type PreviewServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../vite.config.ts';

const root = fileURLToPath(new URL('./worker-device', import.meta.url));
const executablePath = process.env['HEBB_TEST_CHROMIUM'] ?? process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const skipped = executablePath === '' && process.env['HEBB_REQUIRE_BROWSER'] !== '1';
const minutes = 60_000;

interface Trained {
  readonly description: string;
  readonly isolated: boolean;
  readonly losses: readonly number[];
  readonly memory: number;
}

/** Times are in microseconds; `tdur` is that of the thread. */
interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly tdur?: number;
}

describe.skipIf(skipped)('a device in a worker of a page', () => {
  let browser: Browser;
  const servers: Record<string, ViteDevServer | PreviewServer> = {};
  let outDir = '';

  beforeAll(async () => {
    outDir = await mkdtemp(join(tmpdir(), 'hebb-browser-device-'));
    // What one server has prepared another one that runs at the same time must not replace.
    const { optimizeDeps = {} } = config;
    const quiet = {
      root,
      configFile: false,
      optimizeDeps,
      cacheDir: join(outDir, 'cache'),
      logLevel: 'error',
    } as const;
    const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
    const development = { port: 0, watch: null, hmr: false } as const;
    const served = await createServer({ ...quiet, server: { ...development, headers: isolation } });
    await served.listen();
    const dist = join(outDir, 'dist');
    // As Vite bundles workers unless it is told otherwise.
    await build({ ...quiet, build: { outDir: dist, target: 'es2022' } });
    const bundled = await preview({ ...quiet, preview: { port: 0 }, build: { outDir: dist } });
    const bundledIsolated = await preview({
      ...quiet,
      preview: { port: 0, headers: isolation },
      build: { outDir: dist },
    });
    Object.assign(servers, { served, bundled, bundledIsolated });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--no-first-run'] });
  }, 2 * minutes);

  afterAll(async () => {
    await browser?.close();
    for (const server of Object.values(servers)) await server.close();
    if (outDir !== '') await rm(outDir, { recursive: true, force: true });
  });

  /** Trains, and takes the milliseconds of the longest task of the page's thread meanwhile: of the processor, since others may keep a busy machine's page from it. */
  async function train(server: string, query: string): Promise<Trained & { readonly longest: number }> {
    const page = await browser.newPage();
    await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] });
    let trace: Buffer;
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); }); // prettier-ignore
    let output = '';
    try {
      await page.goto(`${servers[server]?.resolvedUrls?.local[0] ?? ''}?${query}`, { timeout: 2 * minutes });
      await page
        .waitForFunction(() => document.querySelector('output')?.textContent !== '', undefined, {
          timeout: 2 * minutes,
        }) // prettier-ignore
        .catch((error: unknown) => errors.push(String(error)));
      output = (await page.textContent('output')) ?? '';
    } finally {
      trace = await browser.stopTracing();
      await page.close();
    }
    expect(errors).toEqual([]);
    const result = JSON.parse(output) as Trained;
    const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
    const markOf = (name: string): TraceEvent | undefined =>
      traceEvents.find((event) => event.name === name && event.cat === 'blink.user_timing');
    const [begin, end] = [markOf('begin'), markOf('end')];
    const tasks = traceEvents.filter(
      ({ ts, tid, pid, tdur }) =>
        tdur !== undefined && tid === begin?.tid && pid === begin.pid && ts >= begin.ts && ts <= (end?.ts ?? NaN),
    );
    expect(tasks.length).toBeGreaterThan(5);
    return { ...result, longest: Math.max(...tasks.map(({ tdur = NaN }) => tdur / 1000)) };
  }

  it.each([
    ['served', true, /, 2 threads, in a worker$/],
    ['bundled', false, /, one thread \(the page is not cross-origin isolated\), in a worker$/],
    ['bundledIsolated', true, /, 2 threads, in a worker$/],
  ] as const)(
    'trains without a task of 50 ms, the same bytes (%s)',
    async (server, isolated, description) => {
      const here = await train(server, 'worker=0');
      expect(here.longest).toBeGreaterThan(50);
      // The same task takes up to twice as long where others use the processor and its caches.
      let there = await train(server, 'worker=1&threads=2');
      for (let again = 0; again < 4 && there.longest >= 50; again++) there = await train(server, 'worker=1&threads=2');
      expect(there.longest).toBeLessThan(50);
      expect(there.losses).toEqual(here.losses);
      expect(there.isolated).toBe(isolated);
      expect(there.description).toMatch(description);
      expect(there.memory).toBeGreaterThan(0);
    },
    10 * minutes,
  );

  it(
    'rejects what is read where the worker is terminated in the middle',
    async () => {
      const page = await browser.newPage();
      const address = servers['bundled']?.resolvedUrls?.local[0] ?? '';
      await page.goto(`${address}?worker=1&terminate`, { timeout: 2 * minutes });
      await page.waitForFunction(() => document.querySelector('output')?.textContent !== '', undefined, { timeout: 2 * minutes }); // prettier-ignore
      const said = JSON.parse((await page.textContent('output')) ?? '') as Record<string, unknown>;
      await page.close();
      expect(said['error']).toContain('DeviceError: The worker of the WebAssembly device ended: it was terminated.');
      expect(said['next']).toContain('ended: it was terminated');
    },
    5 * minutes,
  );
});
