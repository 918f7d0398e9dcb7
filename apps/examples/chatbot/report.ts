/** What the report shows beside the figures. */
import type { Section } from 'hebb';
import type { ExampleKit } from '@hebb/app-support';
import { answer, type Bot } from './bot.ts';
import type { Comparison } from './cache.ts';
import type { Speech } from './speeches.ts';

export function speeds(comparisons: readonly Comparison[]): Section {
  return {
    kind: 'table',
    title: 'Tokens a second',
    text: 'With the cache a step computes the new token; without it, all of them again. Measured on the machine of the run, from the third token on, when all is compiled; the median of three.',
    columns: [
      { title: 'tokens', format: 'count' },
      { title: 'with cache', format: 'count' },
      { title: 'without', format: 'count' },
      { title: 'ratio' },
    ],
    rows: comparisons.map(({ length, withCache, without }) => [
      length,
      Math.round(withCache),
      Math.round(without),
      withCache / without,
    ]),
  };
}

/** Short speeches of the text that it has not seen, what was answered in the play, and what the network answers in the same role. */
export async function answers(
  kit: Pick<ExampleKit, 'seed' | 'say'>,
  bot: Bot,
  speeches: readonly Speech[],
): Promise<Section> {
  const rows: string[][] = [];
  const short = ({ text }: Speech): boolean => text.length < 90;
  for (let i = 1; i < speeches.length && rows.length < 6; i += 7) {
    const [before, after] = [speeches[i - 1], speeches[i]];
    if (before === undefined || after === undefined || !short(before) || !short(after)) continue;
    let said = '';
    const options = { as: after.speaker, temperature: 0.8, seed: kit.seed * 1000 + i };
    for await (const piece of answer(bot, [before], options)) said += piece;
    kit.say(`${before.speaker}: ${before.text}`, said, '');
    rows.push([`${before.speaker}: ${before.text}`, said, `${after.speaker}: ${after.text}`]);
  }
  return {
    kind: 'table',
    title: 'Answers',
    text: 'Speeches that it has not seen, and what it answers in the role of whoever answers in the play.',
    columns: [{ title: 'said' }, { title: 'its answer' }, { title: 'in the play' }],
    rows,
  };
}
