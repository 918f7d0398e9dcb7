/**
 * The page in a real browser: it trains on both devices, as served in development and as bundled. Skipped only where
 * HEBB_TEST_CHROMIUM is empty (no Chromium was found) and HEBB_REQUIRE_BROWSER is not 1.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { build, createServer, preview, type PreviewServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const executablePath = process.env['HEBB_TEST_CHROMIUM'] ?? process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const skipped = executablePath === '' && process.env['HEBB_REQUIRE_BROWSER'] !== '1';
const minutes = 60_000;

let browser: Browser;
let server: ViteDevServer;
let bundled: PreviewServer;
let outDir = '';

/** Opens the page, waits until it has trained, and returns what it shows and whatever went wrong on its console. */
async function train(
  address: string | undefined,
  device: 'webgpu' | 'wasm',
): Promise<{ status: string; accuracy: number; digits: number; errors: string[] }> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  try {
    await page.goto(`${address}?device=${device}&autostart=1`, { timeout: 4 * minutes });
    await page
      .waitForSelector('#status[data-state=done], #status[data-state=failed]', { timeout: 4 * minutes })
      .catch(async (cause: unknown) => {
        const status = await page.innerText('#status');
        throw new Error(
          `The page did not finish. It says '${status}'; its console: ${errors.join('; ') || 'nothing'}.`,
          { cause },
        );
      });
    return {
      status: await page.innerText('#status'),
      accuracy: Number.parseFloat(await page.innerText('#accuracy')),
      digits: await page.locator('#digits .right').count(),
      errors,
    };
  } finally {
    await page.close();
  }
}

describe.skipIf(skipped)('the page', () => {
  beforeAll(async () => {
    server = await createServer({ root, logLevel: 'error', server: { port: 0, watch: null, hmr: false } });
    await server.listen();
    browser = await chromium.launch({
      executablePath,
      args: [
        '--enable-unsafe-webgpu',
        '--no-sandbox',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    outDir = await mkdtemp(join(tmpdir(), 'hebb-browser-'));
    await build({ root, logLevel: 'error', build: { outDir } });
    bundled = await preview({ root, logLevel: 'error', preview: { port: 0 }, build: { outDir } });
  }, 2 * minutes);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await bundled?.close();
    if (outDir !== '') await rm(outDir, { recursive: true, force: true });
  });

  for (const device of ['wasm', 'webgpu'] as const) {
    it(
      `trains on ${device}`,
      async () => {
        const { status, accuracy, digits, errors } = await train(server.resolvedUrls?.local[0], device);
        expect(errors).toEqual([]);
        expect(status).toMatch(device === 'wasm' ? /^Trained on WebAssembly/ : /^Trained on WebGPU/);
        expect(accuracy).toBeGreaterThanOrEqual(95);
        expect(digits).toBeGreaterThanOrEqual(36);
      },
      5 * minutes,
    );
  }

  it(
    'trains when bundled',
    async () => {
      const { accuracy, errors } = await train(bundled.resolvedUrls?.local[0], 'wasm');
      expect(errors).toEqual([]);
      expect(accuracy).toBeGreaterThanOrEqual(95);
    },
    5 * minutes,
  );

  it('is bundled without anything of Node', async () => {
    const assets = join(outDir, 'assets');
    const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'));
    expect(scripts.length).toBeGreaterThan(0);
    for (const name of scripts) {
      const text = await readFile(join(assets, name), 'utf8');
      expect(text).not.toMatch(/(?:from|import)\s*\(?\s*["'](?:node:|onnxruntime-node|webgpu)/);
      expect(text).not.toContain('InferenceSession');
    }
  });
});
