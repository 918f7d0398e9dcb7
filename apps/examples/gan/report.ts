/** What the report shows beside the figures. */
import type { Section } from 'hebb';
import { shares, type Images } from './judge.ts';
import type { SampleGrids } from './samples.ts';

/** How samples came to be, what they are, and what the judge takes them for. */
export function sectionsOf(grids: SampleGrids, samples: Images, classes: Int32Array): Section[] {
  const { data, shape } = samples.field('x');
  return [
    {
      kind: 'pictures',
      title: 'How they come to be',
      text: 'Nine images of the same random numbers, by the average of the generator’s weights so far.',
      images: grids.images,
      pictures: grids.steps.map((step, example) => ({ example, caption: [{ label: 'step', value: String(step) }] })),
    },
    {
      kind: 'pictures',
      title: 'Samples',
      text: 'The first forty, not chosen, and what the judge takes them for.',
      images: { data: data.subarray(0, (40 * data.length) / samples.length), shape: [40, ...shape.slice(1)] },
      columns: 8,
      pictures: Array.from({ length: 40 }, (_, example) => ({
        example,
        caption: [{ value: String(classes[example]), tone: 'quiet' as const }],
      })),
    },
    {
      kind: 'chart',
      title: 'What samples are taken for',
      text: 'The share of each digit. In the data it is about a tenth; what the generator does not make at all has been lost on the way, and what it makes most is what the discriminator is easiest deceived by.',
      series: [
        { name: 'samples', look: 'bars', points: shares(classes).map((share, digit) => [digit, share] as const) },
      ],
      x: { label: 'digit', format: 'count' },
      y: { label: 'share', format: 'percent', range: [0, undefined] },
    },
  ];
}
