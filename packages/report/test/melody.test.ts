/** Melodies: drawn, checked, and played by a browser. The last is skipped only where HEBB_TEST_CHROMIUM is empty and HEBB_REQUIRE_BROWSER is not 1. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Melody, MelodySection } from '@hebb/evaluation';
import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { reportHtml } from '../src/index.ts';

const executablePath = process.env['HEBB_TEST_CHROMIUM'] ?? process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const skipped = executablePath === '' && process.env['HEBB_REQUIRE_BROWSER'] !== '1';

const scale: Melody = {
  name: 'Up & <down>',
  notes: [
    [60, 0, 0.5],
    [64, 0.5, 0.25],
    [67, 0.75, 0.25],
  ],
  accompaniment: [[48, 0, 1]],
  bars: [0, 0.5, 1],
  notation: 'K:C\nC2 E G |',
};
const section = (...melodies: Melody[]): MelodySection => ({ kind: 'melody', title: 'Tunes', melodies });
const pageOf = (...melodies: Melody[]): string => reportHtml({ sections: [section(...melodies)] });

describe('a melody', () => {
  it('is lines at the height of their pitch, as long as they sound, between the first of all notes and the last', () => {
    const page = pageOf(scale);
    // From a half tone below 48 to one above 67, 21 in all; 88 % of a note is drawn, so that two are two.
    expect(page).toMatch(/class="notes"\s+d="M0 38\.095h440M500 19\.048h220M750 4\.762h220"/);
    expect(page).toMatch(/class="soft"\s+d="M0 95\.238h880"/);
    expect(page).toMatch(/class="grid"\s+d="M500 0v100"/);
    expect(page).toContain('aria-label="Up &amp; &lt;down&gt;: 3 notes in 1 seconds, from C3 to G4"');
    expect(page).toContain('<pre>K:C\nC2 E G |</pre>');
  });

  it('without a note is an empty drawing', () => {
    expect(pageOf({ name: 'silence', notes: [] })).toContain('aria-label="silence: no notes"');
  });

  it('brings a script; no other section does', () => {
    expect(pageOf(scale).match(/<script/g)).toHaveLength(1);
    expect(reportHtml({ sections: [{ kind: 'text', title: 'a', text: 'b' }] })).not.toContain('<script');
    const evaluation = { metrics: {}, count: 1, seconds: 0, examplesPerSecond: 0, toJSON: () => ({}), sections: () => [section(scale)] }; // prettier-ignore
    expect(reportHtml(evaluation)).toContain('<script');
  });

  it.each([
    ['a pitch that is none', { name: 'a', notes: [['A', 0, 1]] }, "melodies[0].notes[0]'s pitch"],
    ['a time before the beginning', { name: 'a', notes: [[60, -1, 1]] }, "notes[0]'s start must be seconds ≥ 0"],
    ['an endless note', { name: 'a', notes: [[60, 0, Infinity]] }, "notes[0]'s duration"],
    ['no notes', { name: 'a' }, 'melodies[0].notes'],
    ['a soft note that is none', { name: 'a', notes: [], accompaniment: [3] }, 'accompaniment[0]'],
    ['bars that are no times', { name: 'a', notes: [], bars: ['|'] }, 'bars[0]'],
  ])('is refused with %s', (_, melody, message) => {
    expect(() => pageOf(melody as unknown as Melody)).toThrow(message);
  });
});

it.skipIf(skipped)('is played at its button, one at a time, from a file, without the network', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hebb-melody-'));
  const file = join(folder, 'report.html');
  const long: Melody = {
    name: 'long',
    notes: [
      [69, 0, 30],
      [71, 0.5, 1],
    ],
  };
  writeFileSync(
    file,
    pageOf({ ...scale, notes: [[60, 0, 0.2]], accompaniment: [] }, long, { name: 'none', notes: [] }),
  );
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--no-first-run'] });
  try {
    const page = await browser.newPage({ viewport: { width: 390, height: 800 } });
    const errors: string[] = [];
    const requests: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); }); // prettier-ignore
    page.on('request', (request) => { if (!/^(data|file):/.test(request.url())) requests.push(request.url()); }); // prettier-ignore
    await page.goto(pathToFileURL(file).href);
    // What sounds is counted by what was begun: its pitch, and how long behind the first of its melody. The clock of a busy machine's audio runs on in between.
    await page.evaluate(() => {
      const counted = window as unknown as { begun: [number, number][] };
      counted.begun = [];
      const first = new Map<BaseAudioContext, number>();
      const start: (this: OscillatorNode, when?: number) => void = Reflect.get(OscillatorNode.prototype, 'start');
      OscillatorNode.prototype.start = function (when = 0) {
        const behind = when - (first.get(this.context) ?? first.set(this.context, when).get(this.context) ?? NaN);
        counted.begun.push([Math.round(this.frequency.value), Math.round(10 * behind) / 10]);
        start.call(this, when);
      };
    });
    const begun = () => page.evaluate(() => (window as unknown as { begun: number[][] }).begun);
    const [short, other] = [page.getByRole('button').nth(0), page.getByRole('button').nth(1)];
    expect(await short.getAttribute('aria-label')).toBe('Play Up & <down>');
    await other.focus();
    await page.keyboard.press('Enter');
    expect(await begun()).toEqual([[440, 0], [494, 0.5]]); // prettier-ignore
    expect([await other.textContent(), await other.getAttribute('aria-label')]).toEqual(['Stop', 'Stop long']);
    // Another one begins: the first stops. It comes to its end by itself.
    await short.click();
    expect((await begun()).slice(2)).toEqual([[262, 0]]);
    expect(await other.textContent()).toBe('Play');
    await page.waitForFunction(() => document.querySelector('.playing') === null, undefined, { timeout: 20_000 });
    expect(await short.textContent()).toBe('Play');
    await other.click();
    await other.click();
    expect(await page.locator('.playing').count()).toBe(0);
    await page.getByRole('button').nth(2).click();
    expect([errors, requests]).toEqual([[], []]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
});
