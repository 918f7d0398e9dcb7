/** The curves of a run. */
import type { History } from '@hebb/training';
import { formatMetric, formatPercent, words } from '@hebb/evaluation/format';
import { html, type Html } from './html.ts';
import { lineChart, thin, type Series } from './line-chart.ts';

/** Points that a thin curve of single steps has at most. */
const stepPoints = 400;

export function trainingCharts(history: History, validationName: string): Html {
  const charts = [lossChart(history, validationName), ...metricCharts(history, validationName)];
  const notes = [
    history.interrupted ? 'The run was interrupted.' : undefined,
    history.stopReason === undefined ? undefined : `Stopped early: ${history.stopReason}.`,
    'Training losses are those of the steps themselves, with dropout and augmentation where there are any.',
  ];
  return html`<div class="columns">${charts}</div>
    <p class="note" style="margin:12px 0 0">${notes.filter((note) => note !== undefined).join(' ')}</p>`;
}

function lossChart({ losses, epochs, stepsPerEpoch }: History, validationName: string): Html {
  const steps = losses.map((loss, i): readonly [number, number] => [(i + 1) / stepsPerEpoch, loss]);
  const drawn = thin(steps, stepPoints);
  const series: Series[] = [{ name: 'training, by step', points: drawn, color: 1, look: 'faint' }];
  const marks = epochs.length <= 40 ? 'marked' : 'plain';
  if (epochs.length > 1) {
    series.push({ name: 'training, by epoch', points: epochs.map(({ epoch, loss }) => [epoch - 0.5, loss]), color: 1 });
  }
  const validation = epochs.flatMap(({ epoch, validationLoss }): (readonly [number, number])[] =>
    validationLoss === undefined ? [] : [[epoch, validationLoss]],
  );
  if (validation.length > 0) series.push({ name: validationName, points: validation, color: 2, look: marks });
  const values = series.flatMap(({ points }) => points.map(([, y]) => y));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const logarithmic = low > 0 && high / low > 30;
  return lineChart({
    title: 'Loss',
    xLabel: 'epoch',
    yLabel: logarithmic ? 'mean loss per example (log scale)' : 'mean loss per example',
    series,
    xDomain: [0, Math.max(epochs.length, losses.length / stepsPerEpoch)],
    yDomain: logarithmic ? [Math.max(low, high / 1e6), high] : [Math.min(0, low), high],
    logarithmic,
  });
}

function metricCharts({ epochs }: History, validationName: string): Html[] {
  const names = Object.keys(epochs[0]?.metrics ?? {});
  return names.map((name) => {
    const points = epochs.flatMap(({ epoch, metrics }): (readonly [number, number])[] => {
      const value = metrics[name];
      return value === undefined ? [] : [[epoch, value]];
    });
    const values = points.map(([, value]) => value);
    const isFraction = formatMetric(name, 0.5).includes('%');
    const low = Math.min(...values);
    const last = values.at(-1);
    return lineChart({
      title: `${words(name).replace(/^./, (first) => first.toUpperCase())}${last === undefined ? '' : `: ${formatMetric(name, last)} at the end`}`,
      xLabel: 'epoch',
      yLabel: isFraction ? `${words(name)} in per cent` : words(name),
      series: [{ name: validationName, points, color: 2, look: points.length <= 40 ? 'marked' : 'plain' }],
      xDomain: [0, Math.max(1, epochs.length)],
      ...(isFraction && {
        yDomain: [Math.min(low, 0.99), 1] as const,
        yFormat: (value: number) => formatPercent(value, low > 0.97 ? 1 : 0),
      }),
    });
  });
}
