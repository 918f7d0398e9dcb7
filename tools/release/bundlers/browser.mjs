/** Chromium without a window, and the pages that it opens. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, normalize } from 'node:path';
import { root } from '../../setup/process.mjs';

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8' };

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
 * Starts Chromium. `visit` resolves to what a page, with its workers, writes to the console until a line begins with PROVED or
 * FAILED, and to whatever goes wrong in it; `open` does so with the folder of a page served as a site of its own.
 */
export async function startBrowser(executablePath) {
  // The application in a browser brings it, for its own tests.
  const { chromium } = createRequire(join(root, 'apps', 'browser', 'package.json'))('playwright-core');
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  async function visit(url, timeout) {
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
      await page.goto(url);
      await ended;
    } finally {
      await page.close();
    }
    return lines.join('\n').trim();
  }
  return {
    visit,
    async open(path, timeout) {
      const { server, address } = await serve(dirname(path));
      try {
        return await visit(`${address}/${basename(path)}`, timeout);
      } finally {
        server.close();
      }
    },
    close: () => browser.close(),
  };
}
