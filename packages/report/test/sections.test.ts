import type { Evaluation, Figure, FiguresSection, Section } from '@hebb/evaluation';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { reportHtml, ReportError } from '../src/index.ts';

const show = (...sections: Section[]): string => reportHtml({ sections });
const texts = (page: string, tag: string): string[] =>
  [...page.matchAll(new RegExp(`<${tag}\\b[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))].map(([, text = '']) =>
    text.replace(/<[^>]*>/g, '').trim(),
  );
const pixels = (page: string, index = 0): number[][] => {
  const [, png = ''] = [...page.matchAll(/base64,([^"]+)"/g)][index] ?? [];
  const { data, channels } = decode(Buffer.from(png, 'base64'));
  return Array.from({ length: data.length / channels }, (_, i) =>
    Array.from(data.slice(i * channels, (i + 1) * channels)),
  );
};

describe('a table', () => {
  const page = show({
    kind: 'table',
    title: 'Classes',
    text: 'Of <two> kinds.',
    columns: [{ title: 'class' }, { title: 'recall', format: 'percent' }, { title: 'error' }, { title: 'note' }],
    rows: [
      ['a & b', 0.5, 0.123456, '<i>'],
      ['c', 1, 12, undefined],
    ],
    footer: [['all', 0.75, -3, 'x']],
  });

  it('writes numbers in the format of their column, and escapes texts', () => {
    expect(texts(page, 'td')).toEqual(['50.0 %', '0.1235', '&lt;i&gt;', '100.0 %', '12', '', '75.0 %', '−3', 'x']);
    expect(page).toContain('Of &lt;two&gt; kinds.');
  });

  it('names its rows and columns', () => {
    expect([...page.matchAll(/<th scope="(col|row)"/g)].map(([, scope]) => scope)).toEqual(
      ['col', 'col', 'col', 'col', 'row', 'row', 'row'], // prettier-ignore
    );
    expect(texts(page, 'th')).toEqual(['class', 'recall', 'error', 'note', 'a &amp; b', 'c', 'all']);
  });
});

describe('names in a table', () => {
  const cells = (...rows: (string | number)[][]): string =>
    show({ kind: 'table', title: 'T', columns: [{ title: 'a' }, { title: 'b' }], rows });

  it('break between their parts alone', () => {
    const page = cells(['encoder.layers.0.self_attn', 'TransformerEncoderLayer, Conv2d'], ['7.25', 'run --out a']);
    expect(page).toContain('>encoder.<wbr>layers.<wbr>0.<wbr>self_<wbr>attn<');
    expect(page).toContain('>Transformer<wbr>Encoder<wbr>Layer, Conv2d<');
    expect(page).toContain('>7.25<');
    expect(page).toContain('>run <span class="whole">--out</span> a<');
  });

  it('are given the whole page where they are sentences', () => {
    expect(cells(['one', 'two'], ['three', 'four'])).not.toContain('class="text long"');
    const page = cells(['one', 'A sentence that goes on, and on, and on, and on.'], ['two', 'Another.']);
    expect(page).toContain('<section class="wide"><h2>T</h2>');
    expect(page.match(/class="text long"/g)).toHaveLength(3);
  });

  it('stand beside numbers of as many decimals, where these are about as large', () => {
    expect(texts(cells(['a', 6.063], ['b', 14.691], ['c', 9]), 'td')).toEqual(['6.06', '14.69', '9']);
    expect(texts(cells(['a', 0.0123], ['b', 14.691]), 'td')).toEqual(['0.0123', '14.69']);
  });
});

describe('a matrix', () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `n${i}`);
  const section = (counts: number[][], columnNames = names(counts[0]?.length ?? 0)): Section => ({
    kind: 'matrix',
    title: 'Confusion',
    counts,
    rowLabel: 'true',
    columnLabel: 'predicted',
    rowNames: names(counts.length),
    columnNames,
  });
  const strengths = (page: string): [string, number][] =>
    [...page.matchAll(/<td class="(\w+)[^"]*"\s+style="--full:([\d.]+)%"/g)].map(([, kind = '', full]) => [
      kind,
      Number(full),
    ]);

  it('is fuller where a larger share of the row is; a single mistake among many is seen', () => {
    const [none, mistake, right] = [strengths(show(section([[99, 1], [0, 10]])))[2], ...strengths(show(section([[99, 1], [0, 10]]))).slice(1).filter((_, i) => i !== 1)]; // prettier-ignore
    expect(none).toEqual(['none', 0]);
    expect(mistake?.[0]).toBe('wrong');
    expect(mistake?.[1]).toBeGreaterThan(15);
    expect(right).toEqual(['right', 100]);
  });

  it('has no mistakes where rows and columns are different things', () => {
    const page = show(section([[1, 2, 0]], ['x', 'y', 'z']));
    expect(strengths(page).map(([kind]) => kind)).toEqual(['right', 'right', 'none']);
  });

  it('is a picture where it is large, with its largest confusions in words', () => {
    const counts = Array.from({ length: 50 }, (_, i) => Array.from({ length: 50 }, (__, j) => Number(i === j) * 10));
    const [, , third = []] = counts;
    third[7] = 30;
    const page = show(section(counts));
    expect(page.length).toBeLessThan(20_000);
    const image = pixels(page);
    expect(image).toHaveLength(2500);
    expect(image[2 * 50 + 7]).toEqual([213, 94, 0, 255]);
    expect(image[3 * 50 + 3]).toEqual([0, 114, 178, 255]);
    expect(image[1]?.[3]).toBe(0);
    expect(texts(page, 'td')).toEqual(['n7', '30', '75.0 %']);
  });

  it('has as many names as rows and columns', () => {
    expect(() => show(section([[1, 2], [3, 4]], ['one']))).toThrow(/2 rowNames and 1 columnNames for 2 rows of 2 counts/); // prettier-ignore
  });
});

describe('pictures', () => {
  const images = { data: Float32Array.of(0, 1, 0.5, 0), shape: [2, 1, 1, 2] };
  const section: Section = {
    kind: 'pictures',
    title: 'Mistakes',
    pictures: [
      {
        example: 1,
        caption: [
          { label: 'true', value: '<a>' },
          { value: 'unsure', tone: 'quiet' },
        ],
      },
    ],
  };

  it('are those of the data, or those that the section brings, in its range', () => {
    expect(pixels(reportHtml({ sections: [section], images }))).toEqual([[128], [0]]);
    const made = { data: Float32Array.of(9, 9, -1, 1), shape: [2, 1, 1, 2] };
    const page = reportHtml({ sections: [{ ...section, images: made, range: [-1, 1] }], images });
    expect(pixels(page)).toEqual([[0], [255]]);
  });

  it('of three channels are coloured', () => {
    const coloured = { data: Float32Array.of(1, 0, 0, 0.2, 0.4, 0.6), shape: [2, 3, 1, 1] };
    expect(pixels(reportHtml({ sections: [section], images: coloured }))).toEqual([[51, 102, 153]]);
  });

  it('that are large are made smaller by means of squares', () => {
    const checkers = Float32Array.from({ length: 2 * 384 * 384 }, (_, i) => (i % 2) * 0.8);
    const shown = pixels(reportHtml({ sections: [section], images: { data: checkers, shape: [2, 1, 384, 384] } }));
    expect(shown).toHaveLength(192 * 192);
    expect(new Set(shown.flat())).toEqual(new Set([102]));
  });

  it('are in words where there are no images', () => {
    const page = show(section);
    expect(page).not.toContain('<img');
    expect(page).toMatch(/example 1[\s\S]*true &lt;a&gt;[\s\S]*unsure/);
  });

  it('have their captions as alternatives', () => {
    expect(reportHtml({ sections: [section], images })).toContain('alt="Example 1, true &lt;a&gt;, unsure"');
  });

  it('of other examples, or of another shape, are refused', () => {
    const one = { data: Float32Array.of(1), shape: [1, 1, 1, 1] };
    expect(() => reportHtml({ sections: [section], images: one })).toThrow(/'Mistakes' shows example 1 of 1 images/);
    const flat = { data: Float32Array.of(1, 2), shape: [2, 1] };
    expect(() => reportHtml({ sections: [section], images: flat })).toThrow(ReportError);
    expect(() => reportHtml({ sections: [section], images: flat })).toThrow(/\[examples, channels, height, width\].*\[2, 1\]/); // prettier-ignore
  });
});

describe('any evaluation', () => {
  const evaluation: Evaluation = {
    metrics: { error: 0.25 },
    count: 3,
    seconds: 1,
    examplesPerSecond: 3,
    toJSON: () => ({}),
    sections: () => [
      {
        kind: 'figures',
        title: 'Scores',
        figures: [
          { name: 'Error', value: 0.25 },
          { name: 'Examples', value: 12_345, format: 'count' },
          { name: 'Right', value: 0.5, format: 'percent' },
        ],
      },
      { kind: 'text', title: 'About', text: 'One.\n\nTwo & three.' },
    ],
  };

  it('has its first figures at the top and its sections below, before those of the user', () => {
    const page = reportHtml(evaluation, { sections: [{ kind: 'text', title: 'Mine', text: 'Four.' }] });
    expect(texts(page, 'dd')).toEqual(['0.2500', '12,345', '50.00 %']);
    expect(texts(page, 'h2')).toEqual(['About', 'Mine']);
    expect(texts(page, 'p').slice(0, 3)).toEqual(['One.', 'Two &amp; three.', 'Four.']);
  });

  it('says of each figure with a target whether it is met; without targets the first is the headline', () => {
    const withTargets = (figures: FiguresSection['figures']): string =>
      reportHtml({ ...evaluation, sections: () => [{ kind: 'figures', title: 'Scores', figures }] });
    const page = withTargets([
      { name: 'Error', value: 0.25 },
      { name: 'Right', value: 0.5, format: 'percent', target: { text: 'at least 40.00 %', isMet: true } },
      { name: 'Apart', value: 2, target: { text: 'at most 1', isMet: false } },
      { name: 'Seen', value: 3, target: { text: 'at least 1', isMet: true } },
    ]);
    expect(texts(page, 'dd')).toEqual(['0.2500', '50.00 %', '✓ at least 40.00 %', '2', '✗ at most 1', '3', '✓ at least 1']); // prettier-ignore
    const looks = (text: string): (string | undefined)[] => [...text.matchAll(/<div(?: class="(\w+)")?><dt>/g)].map(([, look]) => look); // prettier-ignore
    expect(looks(page)).toEqual([undefined, 'met', 'missed', 'met']);
    expect(looks(reportHtml(evaluation))).toEqual(['headline', undefined, undefined]);
    const wrong = { name: 'Right', value: 0.5, target: { isMet: true } } as unknown as Figure;
    expect(() => withTargets([wrong])).toThrow(/figures\[0\]\.target\.text must be/);
  });

  it('may be given as an option', () => {
    expect(reportHtml({ evaluation })).toBe(reportHtml(evaluation));
  });
});

it.each<[string, unknown, RegExp]>([
  ['no kind', { title: 'a' }, /sections\[0\]\.kind must be 'figures', 'text'/],
  ['another kind', { kind: 'video', title: 'a' }, /sections\[0\]\.kind/],
  ['no title', { kind: 'text', text: 'a' }, /sections\[0\]\.title/],
  ['no rows', { kind: 'table', title: 'a', columns: [] }, /sections\[0\]\.rows/],
  ['a cell that is none', { kind: 'table', title: 'a', columns: [], rows: [[null]] }, /sections\[0\]\.rows\[0\]\[0\]/],
  ['points that are numbers', { kind: 'chart', title: 'a', series: [{ name: 'b', points: [1] }], x: { label: '' }, y: { label: '' } }, /series\[0\]\.points\[0\]/],
  ['no axes', { kind: 'chart', title: 'a', series: [] }, /sections\[0\]\.x/],
])('refuses a section with %s', (_, section, message) => {
  expect(() => reportHtml({ sections: [section as Section] })).toThrow(message);
}); // prettier-ignore

it('keeps rows of pictures together where it is told how many there are, and shows large ones large', () => {
  const grid = (size: number, columns?: number): string =>
    show({
      kind: 'pictures',
      title: 'P',
      images: { data: new Float32Array(3 * size * size), shape: [3, 1, size, size] },
      pictures: [0, 1, 2].map((example) => ({ example, caption: [] })),
      ...(columns !== undefined && { columns }),
    });
  expect(grid(8, 3)).toMatch(/<ul class="pictures rows"\s+style="--across:3"/);
  expect(grid(8)).toMatch(/<ul class="pictures"\s*>/);
  expect(grid(64)).toMatch(/<ul class="pictures large"\s*>/);
  expect(() => grid(8, 0)).toThrow('columns');
});
