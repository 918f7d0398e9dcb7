/** Sections of weights: heatmaps and passages. */
import type { HeatmapSection, PassageSection } from '@hebb/evaluation';
import { describe, expect, it } from 'vitest';
import { reportHtml } from '../src/index.ts';

const attention: HeatmapSection = {
  kind: 'heatmap',
  title: 'Attention',
  values: [
    [0.25, 0.5],
    [-1, Number.NaN],
  ],
  rowLabel: 'from',
  columnLabel: 'to',
  rowNames: ['a', '<b>'],
  columnNames: ['c', 'd'],
};
const cells = (section: HeatmapSection): [kind: string, full: string][] =>
  [...reportHtml({ sections: [section] }).matchAll(/<td\s+class="(right|wrong)"\s+style="--full:(\d+)%"/g)].map(
    ([, kind = '', full = '']) => [kind, full],
  );

describe('a heatmap', () => {
  it('is the fuller, the larger a value is; negative ones have the other colour', () => {
    expect(cells(attention)).toEqual([
      ['right', '25'],
      ['right', '50'],
      ['wrong', '100'],
      ['right', '0'],
    ]);
    expect(cells({ ...attention, range: [0.25, 0.75] }).map(([, full]) => full)).toEqual(['0', '50', '0', '0']);
  });

  it('names its rows and columns, escaped, and says each value', () => {
    const page = reportHtml({ sections: [attention] });
    expect(page).toContain('&lt;b&gt;');
    expect(page).toMatch(/title="a, d: 0\.5/);
  });

  it('has as many names as rows and columns', () => {
    expect(() => reportHtml({ sections: [{ ...attention, rowNames: ['a'] }] })).toThrow('1 rowNames and 2 columnNames for 2 rows of 2 values'); // prettier-ignore
  });
});

describe('a passage', () => {
  const words: PassageSection = {
    kind: 'passage',
    title: 'Words',
    passages: [
      { caption: [{ value: 'positive', tone: 'right' }], tokens: ['a ', '<fine> ', 'film'], weights: [0.1, 0.4, 0] },
    ],
  };

  it('marks each token by its share of the largest weight, and keeps the spaces', () => {
    const marks = [...reportHtml({ sections: [words] }).matchAll(/<mark style="--full:(\d+)%"[^>]*>([^<]*)<\/mark>/g)];
    expect(marks.map(([, full, token]) => [full, token])).toEqual([
      ['25', 'a '],
      ['100', '&lt;fine&gt; '],
      ['0', 'film'],
    ]);
  });

  it('has a weight for each token', () => {
    const short = { ...words, passages: [{ tokens: ['a', 'b'], weights: [1] }] };
    expect(() => reportHtml({ sections: [short] })).toThrow('1 weights for 2 tokens');
  });
});
