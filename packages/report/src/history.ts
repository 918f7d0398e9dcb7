/** The curves of a run as sections. */
import type { ChartSection, ChartSeries, Section } from '@hebb/evaluation';
import { formatMetric, words } from '@hebb/evaluation/format';
import type { History } from '@hebb/training';

/** Points that a thin curve of single steps has at most. */
const stepPoints = 400;
/** Epochs up to which each is marked by a dot. */
const epochsMarked = 40;

/** @param validationName what the validation data is called */
export function historySections(history: History, validationName: string): Section[] {
  return [lossSection(history, validationName), ...metricSections(history, validationName), ...rateSections(history)];
}

function lossSection(history: History, validationName: string): ChartSection {
  const { losses, epochs, stepsPerEpoch } = history;
  const steps = losses.map((loss, i): readonly [number, number] => [(i + 1) / stepsPerEpoch, loss]);
  const series: ChartSeries[] = [
    { name: 'training, by step', points: means(steps, stepPoints), look: 'faint', color: 1 },
  ];
  if (epochs.length > 1)
    series.push({ name: 'training, by epoch', points: epochs.map(({ epoch, loss }) => [epoch - 0.5, loss]), color: 1 });
  const validation = epochs.flatMap(({ epoch, validationLoss }): (readonly [number, number])[] =>
    validationLoss === undefined ? [] : [[epoch, validationLoss]],
  );
  if (validation.length > 0)
    series.push({ name: validationName, points: validation, look: lookOf(validation), color: 2 });
  const values = series.flatMap(({ points }) => points.map(([, value]) => value)).filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const logarithmic = low > 0 && high / low > 30;
  const notes = [
    history.interrupted ? 'The run was interrupted.' : undefined,
    history.stopReason === undefined ? undefined : `Stopped early: ${history.stopReason}.`,
    'Training losses are those of the steps themselves, with dropout and augmentation where there are any.',
  ];
  return {
    kind: 'chart',
    title: 'Loss',
    text: notes.filter((note) => note !== undefined).join(' '),
    series,
    x: epochAxis(history),
    y: {
      label: 'mean loss per example',
      range: logarithmic
        ? [low < high / 1e6 ? high / 1e6 : undefined, undefined]
        : [low < 0 ? undefined : 0, undefined],
      logarithmic,
    },
  };
}

function metricSections(history: History, validationName: string): ChartSection[] {
  const { epochs } = history;
  return Object.keys(epochs[0]?.metrics ?? {}).map((name) => {
    const points = epochs.flatMap(({ epoch, metrics }): (readonly [number, number])[] => {
      const value = metrics[name];
      return value === undefined ? [] : [[epoch, value]];
    });
    const isFraction = formatMetric(name, 0.5).includes('%');
    const low = Math.min(...points.map(([, value]) => value));
    const last = points.at(-1);
    const end = last === undefined ? '' : `: ${formatMetric(name, last[1])} at the end`;
    return {
      kind: 'chart',
      title: capitalized(words(name)),
      series: [{ name: `${validationName}${end}`, points, look: lookOf(points), color: 2 }],
      x: epochAxis(history),
      y: {
        label: words(name),
        ...(isFraction && { range: [low > 0.99 ? 0.99 : undefined, 1] as const, format: 'percent' as const }),
      },
    };
  });
}

/** Where the learning rate changes. */
function rateSections(history: History): ChartSection[] {
  const { learningRates, stepsPerEpoch } = history;
  if (learningRates.every((rate) => rate === learningRates[0])) return [];
  const points = learningRates.map((rate, i): readonly [number, number] => [(i + 1) / stepsPerEpoch, rate]);
  return [
    {
      kind: 'chart',
      title: 'Learning rate',
      series: [{ name: 'Learning rate', points }],
      x: epochAxis(history),
      y: { label: 'learning rate', range: [0, undefined] },
    },
  ];
}

function epochAxis({ epochs, losses, stepsPerEpoch }: History): ChartSection['x'] {
  return { label: 'epoch', range: [0, Math.max(1, epochs.length, losses.length / stepsPerEpoch)], format: 'count' };
}

function lookOf(points: readonly unknown[]): 'marked' | 'plain' {
  return points.length <= epochsMarked ? 'marked' : 'plain';
}

/** Neighbours averaged into at most `limit` points, so that a long run stays a small file and its noise a line. */
function means(points: readonly (readonly [number, number])[], limit: number): (readonly [number, number])[] {
  const group = Math.max(1, Math.ceil(points.length / limit));
  const thinned: (readonly [number, number])[] = [];
  for (let i = 0; i < points.length; i += group) {
    const neighbours = points.slice(i, i + group);
    const mean = (axis: 0 | 1): number => neighbours.reduce((sum, point) => sum + point[axis], 0) / neighbours.length;
    thinned.push([mean(0), mean(1)]);
  }
  return thinned;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
