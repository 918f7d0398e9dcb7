/**
 * Datasets in the workers of a real browser, as served in development and as bundled. Skipped only where the test of the page is.
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

const root = fileURLToPath(new URL('./worker-dataset', import.meta.url));
const executablePath = process.env['HEBB_TEST_CHROMIUM'] ?? process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const skipped = executablePath === '' && process.env['HEBB_REQUIRE_BROWSER'] !== '1';
const minutes = 60_000;

describe.skipIf(skipped)('datasets in workers of a browser', () => {
  let browser: Browser;
  let server: ViteDevServer;
  let bundled: PreviewServer;
  let outDir = '';

  beforeAll(async () => {
    outDir = await mkdtemp(join(tmpdir(), 'hebb-browser-workers-'));
    // What one server has prepared another one that runs at the same time must not replace.
    const quiet = { root, configFile: false, cacheDir: join(outDir, 'cache'), logLevel: 'error' } as const;
    server = await createServer({ ...quiet, server: { port: 0, watch: null, hmr: false } });
    await server.listen();
    const dist = join(outDir, 'dist');
    await build({ ...quiet, build: { outDir: dist, target: 'es2022' }, worker: { format: 'es' } });
    bundled = await preview({ ...quiet, preview: { port: 0 }, build: { outDir: dist } });
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--no-first-run'] });
  }, 2 * minutes);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await bundled?.close();
    if (outDir !== '') await rm(outDir, { recursive: true, force: true });
  });

  it.each(['served', 'bundled'])(
    'give what the dataset gives, in the same order, and say what fails (%s)',
    async (kind) => {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto((kind === 'served' ? server : bundled).resolvedUrls?.local[0] ?? '', { timeout: minutes });
      await page
        .waitForFunction(() => document.querySelector('output')?.textContent !== '', undefined, { timeout: minutes })
        .catch((error: unknown) => errors.push(String(error)));
      expect(errors).toEqual([]);
      const result = JSON.parse((await page.textContent('output')) ?? '') as Record<string, unknown>;
      const batches = result['here'] as unknown[][];
      expect(batches).toHaveLength(13);
      expect(batches[0]?.slice(0, 3)).toEqual(['int32', 'bool', 'float32']);
      expect(result['served']).toEqual(batches);
      expect(result['workers']).toBe(2);
      expect(result['failed']).toMatch(/^\[workerDataset\] worker [01]: example 99 is damaged/);
      expect(result['missing']).toMatch(/^\[workerDataset\] worker 0 (?:could not be loaded|failed)/);
      await page.close();
    },
    3 * minutes,
  );
});
