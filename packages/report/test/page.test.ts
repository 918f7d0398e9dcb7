/**
 * The page as people see it: on a phone, on a desk, dark and printed. Skipped only where HEBB_TEST_CHROMIUM is empty (no Chromium was found) and
 * HEBB_REQUIRE_BROWSER is not 1.
 */
import type { Section } from '@hebb/evaluation';
import { BatchNorm1d, Linear, Module, ReLU, Sequential, summary } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportHtml } from '../src/index.ts';

const executablePath = process.env['HEBB_TEST_CHROMIUM'] ?? process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const skipped = executablePath === '' && process.env['HEBB_REQUIRE_BROWSER'] !== '1';

const range = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const names = range(20, (i) => `a class with a long name ${i}`);
const losses = range(3000, (i) => 40 / (i + 10) + (i % 7) / 50);
const sections: Section[] = [
  {
    kind: 'matrix',
    title: 'Matrix',
    counts: range(20, (i) => range(20, (j) => (i === j ? 600 - 30 * i : j === (i + 1) % 20 ? 1 + i * i : 0))),
    rowLabel: 'true',
    columnLabel: 'predicted',
    rowNames: names,
    columnNames: names,
  },
  {
    kind: 'table',
    title: 'Table',
    columns: range(9, (i) => ({ title: `column number ${i}` })),
    rows: range(3, () => range(9, (i) => i * 1234.5)),
  },
  {
    kind: 'chart',
    title: 'Dots',
    series: [
      { name: 'dots', points: range(500, (i): [number, number] => [-1e5 + i * 400, Math.sin(i)]), look: 'dots' },
    ],
    x: { label: 'x' },
    y: { label: 'y' },
  },
  {
    kind: 'pictures',
    title: 'Pictures',
    images: { data: Float32Array.from({ length: 300 * 200 }, (_, i) => (i % 300) / 300), shape: [1, 1, 200, 300] },
    pictures: [{ example: 0, caption: [{ value: 'averyveryverylongwordwithoutanyblankinit'.repeat(3) }] }],
  },
  {
    kind: 'heatmap',
    title: 'Attention',
    values: range(24, (i) => range(24, (j) => (i === j ? 0.6 : 0.4 / 23))),
    rowLabel: 'from',
    columnLabel: 'to',
    rowNames: range(24, (i) => `word${i}`),
    columnNames: range(24, (i) => `word${i}`),
  },
  {
    kind: 'passage',
    title: 'Words',
    passages: [
      {
        caption: [{ label: 'found', value: 'good', tone: 'right' }],
        tokens: range(60, (i) => `word${i} `).concat('averyveryverylongwordwithoutanyblankinit'.repeat(3)),
        weights: range(61, (i) => i / 60),
      },
    ],
  },
  {
    kind: 'melody',
    title: 'Melodies',
    melodies: [
      {
        name: 'averyveryverylongnamewithoutanyblankinit'.repeat(3),
        notes: range(400, (i): [number, number, number] => [60 + (i % 12), i / 4, 0.25]),
        bars: range(100, (i) => i),
        notation: '"G"g2 f g2 f | '.repeat(40),
      },
    ],
  },
  { kind: 'text', title: 'Text', text: `https://example.org/${'path/'.repeat(60)}` },
];
const html = reportHtml({
  title: 'A title that is so long that it does not fit into one line of a phone, nor of anything else',
  history: {
    losses,
    scalars: { loss: losses },
    learningRates: { optimizer: losses.map((_, i) => 1e-6 * i) },
    epochs: [],
    validations: [],
    seconds: 12_345,
    interrupted: true,
  },
  sections,
  data: { Source: `https://example.org/${'path/'.repeat(60)}` },
  summary: 'a line of a summary that goes on and on '.repeat(8),
});

/** Of several outputs with long names. */
class Variational extends Module<[x: Tensor], Record<string, Tensor>> {
  readonly encoder = new Sequential(new Linear(784, 512), new BatchNorm1d(512), new ReLU());
  readonly logarithmOfVariance = new Linear(512, 20);

  forward(x: Tensor): Record<string, Tensor> {
    const logVariance = this.logarithmOfVariance.forward(this.encoder.forward(x));
    return { reconstruction: x.reshape([-1, 1, 28, 28]), mean: logVariance.mul(2), logVariance };
  }
}

/** What is read on a phone without pushing tables aside. */
const narrow = reportHtml({
  summary: summary(new Variational(), ['batch', 784]),
  sections: [
    {
      kind: 'table',
      title: 'Classes',
      columns: [{ title: 'class' }, { title: 'precision', format: 'percent' }, { title: 'recall', format: 'percent' }, { title: 'F1', format: 'percent' }, { title: 'count', format: 'count' }], // prettier-ignore
      rows: ['ankle boot', 'T-shirt or top', 'worst of all classes'].map((name) => [name, 0.98123, 1, 0.9, 10_000]),
    },
  ],
});

describe.skipIf(skipped)('the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--no-first-run'] });
  });
  afterAll(async () => {
    await browser.close();
  });

  it('has the last column of tables of a few columns in sight at 390 pixels', async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
    await page.setContent(narrow);
    const beyond = await page.evaluate(
      () =>
      [...document.querySelectorAll('.scroll')].map((box) => [box.getAttribute('aria-label'), box.scrollWidth - box.clientWidth] as const), // prettier-ignore
    );
    expect(beyond.map(([name]) => name)).toEqual(expect.arrayContaining(['Classes', 'Model']));
    expect(beyond.filter(([, pixels]) => pixels > 0)).toEqual([]);
    await page.close();
  });

  const opened = async (width: number, look: (page: Page) => Promise<void>): Promise<void> => {
    const page = await browser.newPage({ viewport: { width, height: 800 }, javaScriptEnabled: true });
    try {
      const requests: string[] = [];
      page.on('request', (request) => {
        if (!request.url().startsWith('data:')) requests.push(request.url());
      });
      await page.setContent(html, { waitUntil: 'load' });
      await look(page);
      expect(requests).toEqual([]);
    } finally {
      await page.close();
    }
  };

  it.each([320, 375, 768, 1100, 1920])('of %d pixels never scrolls sideways as a whole', async (width) => {
    await opened(width, async (page) => {
      const scrolled = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(scrolled).toBeLessThanOrEqual(width);
    });
  });

  it('has no text smaller than 11 pixels on a phone, and no ticks that run into each other', async () => {
    await opened(375, async (page) => {
      const smallest = await page.evaluate(() =>
        Math.min(
          ...[...document.querySelectorAll('body *')].map((each) => Number.parseFloat(getComputedStyle(each).fontSize)),
        ),
      );
      expect(smallest).toBeGreaterThanOrEqual(11);
      const gaps = await page.evaluate(() =>
        [...document.querySelectorAll('.ticks')].map((ticks) => {
          const boxes = [...ticks.querySelectorAll('.x')].map((tick) => tick.getBoundingClientRect());
          return Math.min(...boxes.slice(1).map(({ left }, i) => left - (boxes[i]?.right ?? 0)));
        }),
      );
      expect(gaps.length).toBe(3);
      for (const gap of gaps) expect(gap).toBeGreaterThan(2);
    });
  });

  it('draws dots as round as they are, however wide the chart is', async () => {
    await opened(1920, async (page) => {
      const dot = await page.evaluate(() => {
        const path = document.querySelector('path.dots');
        return path && [getComputedStyle(path).strokeLinecap, getComputedStyle(path).vectorEffect];
      });
      expect(dot).toEqual(['round', 'non-scaling-stroke']);
    });
  });

  it('can be read in the dark', async () => {
    await opened(375, async (page) => {
      await page.emulateMedia({ colorScheme: 'dark' });
      expect(await contrasts(page)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
      expect(await contrasts(page)).toEqual([]);
    });
  });

  it('prints in light colours', async () => {
    await opened(794, async (page) => {
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      expect(await page.evaluate(() => getComputedStyle(document.body).color)).toBe('rgb(27, 31, 36)');
      expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
    });
  });
});

/** Texts with less than the contrast of 4.5 that the Web Content Accessibility Guidelines ask for; zeros of a matrix are there to recede. */
async function contrasts(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const channels = (color: string): number[] => {
      if (canvas === null) return [];
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (color: number[]): number => {
      const [red = 0, green = 0, blue = 0] = color.map((channel) => {
        const value = channel / 255;
        return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const backOf = (element: Element | null): number[] => {
      if (element === null) return channels('white');
      const own = channels(getComputedStyle(element).backgroundColor);
      return (own[3] ?? 0) > 0 ? own : backOf(element.parentElement);
    };
    const found = new Set<string>();
    for (const element of document.querySelectorAll('body *')) {
      const hasText = [...element.childNodes].some(
        (node) => node.nodeType === 3 && (node.textContent ?? '').trim() !== '',
      );
      if (!hasText || element.matches('.none')) continue;
      const text = luminance(channels(getComputedStyle(element).color));
      const back = luminance(backOf(element));
      const contrast = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
      if (contrast < 4.5) found.add(`${element.tagName}.${element.className}: ${contrast.toFixed(2)}`);
    }
    return [...found];
  });
}
