/** The sections of a classifier's evaluation. */
import type { CaptionLine, Section } from '@hebb/evaluation';
import { formatCount, formatPercent } from '@hebb/evaluation/format';
import type { ClassificationEvaluation } from '@hebb/training';

const mistakesShown = 24;
const narrowShown = 12;

export function classificationSections(evaluation: ClassificationEvaluation): Section[] {
  const { accuracy, count, correct, examplesPerSecond, confusionMatrix, classes, macroAverage, weightedAverage } =
    evaluation;
  const { classNames, counts } = confusionMatrix;
  const scores = ({ precision, recall, f1, support }: (typeof classes)[number] | typeof macroAverage): number[] => [
    precision,
    recall,
    f1,
    support,
  ];
  return [
    {
      kind: 'figures',
      title: 'Scores',
      figures: [
        { name: 'Test accuracy', value: accuracy, format: 'percent' },
        { name: `Mistakes in ${formatCount(count)}`, value: count - correct, format: 'count' },
        { name: 'Tested per second', value: Math.round(examplesPerSecond), format: 'count' },
      ],
    },
    {
      kind: 'matrix',
      title: 'Confusion matrix',
      text: 'A row for each true class, a column for each prediction. Blue is right, orange is mistaken; the fuller the colour, the larger the share of its row.',
      counts,
      rowLabel: 'true',
      columnLabel: 'predicted',
      rowNames: classNames,
      columnNames: classNames,
    },
    {
      kind: 'table',
      title: 'Classes',
      text: 'Precision: how often a prediction of the class is right. Recall: how much of the class is found. F1: their harmonic mean. The weighted average counts every example alike, the other every class.',
      columns: [
        { title: 'class' },
        { title: 'precision', format: 'percent' },
        { title: 'recall', format: 'percent' },
        { title: 'F1', format: 'percent' },
        { title: 'count', format: 'count' },
      ],
      rows: classes.map((each) => [each.name, ...scores(each)]),
      footer: [
        ['average', ...scores(macroAverage)],
        ['weighted', ...scores(weightedAverage)],
      ],
    },
    ...exampleSections(evaluation),
  ];
}

/** What the model was surest of and wrong about, and what it got right by a narrow margin. */
function exampleSections(evaluation: ClassificationEvaluation): Section[] {
  const examples = Array.from(evaluation.labels, (label, example) => {
    const prediction = evaluation.predictions[example] ?? 0;
    return { example, label, prediction, confidence: evaluation.probabilities(example)[prediction] ?? 0 };
  });
  const name = (index: number): string => evaluation.confusionMatrix.classNames[index] ?? String(index);
  const sure = (confidence: number): CaptionLine => ({ value: `${formatPercent(confidence, 1)} sure`, tone: 'quiet' });
  const wrong = examples
    .filter(({ label, prediction }) => label !== prediction)
    .sort((a, b) => b.confidence - a.confidence)
    .map(({ example, label, prediction, confidence }) => ({
      example,
      caption: [
        { label: 'true', value: name(label) },
        { label: 'predicted', value: name(prediction), tone: 'wrong' as const },
        sure(confidence),
      ],
    }));
  const narrow = examples
    .filter(({ label, prediction }) => label === prediction)
    .sort((a, b) => a.confidence - b.confidence)
    .slice(0, narrowShown)
    .map(({ example, label, confidence }) => ({
      example,
      caption: [{ value: name(label), tone: 'right' as const }, sure(confidence)],
    }));
  const title =
    wrong.length > mistakesShown
      ? `The ${mistakesShown} worst of ${formatCount(wrong.length)} mistakes`
      : wrong.length === 1
        ? 'The one mistake'
        : `All ${wrong.length} mistakes`;
  return [
    wrong.length === 0
      ? { kind: 'text', title: 'Mistakes', text: 'None: every example was predicted right.' }
      : { kind: 'pictures', title, pictures: wrong.slice(0, mistakesShown) },
    ...(narrow.length === 0 ? [] : [{ kind: 'pictures' as const, title: 'Right, but least sure', pictures: narrow }]),
  ];
}
