/** The examples worth looking at: what a classifier was surest of and wrong about, and what it got right by a narrow margin. */
import type { ClassificationEvaluation } from './classification-evaluation.ts';
import { formatCount, formatPercent } from './format.ts';
import type { Picture, Section } from './section.ts';

const mistakesShown = 24;
const narrowShown = 12;

export function mistakeSections(evaluation: ClassificationEvaluation): Section[] {
  const { labels, predictions, confidences, classNames } = evaluation;
  const name = (index: number): string => classNames[index] ?? String(index);
  const indices = Array.from(labels, (_, i) => i);
  const sureness = (i: number): number => confidences[i] ?? 0;
  const wrong = indices.filter((i) => labels[i] !== predictions[i]).sort((a, b) => sureness(b) - sureness(a));
  const narrow = indices.filter((i) => labels[i] === predictions[i]).sort((a, b) => sureness(a) - sureness(b));
  const picture = (example: number): Picture => {
    const label = name(labels[example] ?? 0);
    const sure = { value: `${formatPercent(sureness(example), 1)} sure`, tone: 'quiet' } as const;
    if (labels[example] === predictions[example]) return { example, caption: [{ value: label, tone: 'right' }, sure] };
    const predicted = { label: 'predicted', value: name(predictions[example] ?? 0), tone: 'wrong' } as const;
    return { example, caption: [{ label: 'true', value: label }, predicted, sure] };
  };
  const title =
    wrong.length > mistakesShown
      ? `The ${mistakesShown} worst of ${formatCount(wrong.length)} mistakes`
      : wrong.length === 1
        ? 'The one mistake'
        : `All ${wrong.length} mistakes`;
  const sections: Section[] = [
    wrong.length === 0
      ? { kind: 'text', title: 'Mistakes', text: 'None: every example was predicted right.' }
      : { kind: 'pictures', title, pictures: wrong.slice(0, mistakesShown).map(picture) },
  ];
  if (narrow.length > 0)
    sections.push({
      kind: 'pictures',
      title: 'Right, but least sure',
      pictures: narrow.slice(0, narrowShown).map(picture),
    });
  return sections;
}
