/** Chromium without a window, and the pages that it opens. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, normalize } from 'node:path';
import { root } from '../../setup/process.mjs';

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Serves a folder's files to this machine. */
async function serve(folder) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    if (path === '/favicon.ico') return response.writeHead(204).end();
    readFile(join(folder, path)).then(
      (bytes) => response.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/plain' }).end(bytes),
      () => response.writeHead(404).end(`no ${path}`),
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, address: `http://127.0.0.1:${server.address().port}` };
}

/**
 * Starts Chromium. `open` serves the folder of a page as a site of its own, and resolves to what the page, with its workers, writes to the console until a line begins with
 * PROVED or FAILED, and whatever goes wrong in it.
 */
export async function startBrowser() {
  // The application in a browser brings it, for its own tests.
  const { chromium } = createRequire(join(root, 'apps', 'browser', 'package.json'))('playwright-core');
  const browser = await chromium.launch({
    executablePath: process.env.HEBB_TEST_CHROMIUM || process.env.CHROMIUM_PATH || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return {
    async open(path, timeout) {
      const { server, address } = await serve(dirname(path));
      const page = await browser.newPage();
      const lines = [];
      try {
        const ended = new Promise((resolve) => {
          const timer = setTimeout(() => {
            lines.push(`no answer after ${timeout / 1000} s`);
            resolve();
          }, timeout);
          const add = (line) => {
            // Chromium's own word for a machine without a graphics processor.
            if (line === 'warning: No available adapters.') return;
            lines.push(line);
            if (!/^(PROVED|FAILED|error: )/.test(line)) return;
            clearTimeout(timer);
            resolve();
          };
          page.on('console', (message) =>
            add(message.type() === 'log' ? message.text() : `${message.type()}: ${message.text()}`),
          );
          page.on('pageerror', (error) => add(`error: ${error.stack ?? error.message}`));
        });
        await page.goto(`${address}/${basename(path)}`);
        await ended;
      } finally {
        await page.close();
        server.close();
      }
      return lines.join('\n');
    },
    close: () => browser.close(),
  };
}
