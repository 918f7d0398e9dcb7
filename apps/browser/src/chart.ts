/** The live chart: the loss of every step, the accuracy after every epoch. */
import uPlot from 'uplot';

export interface Chart {
  /** Appends an epoch. */
  add(losses: readonly number[], accuracy: number): void;
  clear(): void;
}

export function createChart(parent: HTMLElement): Chart {
  const steps: number[] = [];
  const losses: number[] = [];
  const accuracies: (number | null)[] = [];
  const axis = {
    stroke: '#8b93a7',
    grid: { stroke: '#232a3b', width: 1 },
    ticks: { show: false },
    font: '12px system-ui',
  };
  const size = (): { width: number; height: number } => ({ width: parent.clientWidth, height: 280 });
  const plot = new uPlot(
    {
      ...size(),
      scales: {
        x: { time: false },
        loss: {
          // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- uPlot's enums exist in its types only
          distr: 3,
          range: (_plot, low, high) => [
            10 ** Math.floor(Math.log10(low ?? 0.01)),
            10 ** Math.ceil(Math.log10(high ?? 10)),
          ],
        },
        accuracy: { range: [0.5, 1] },
      },
      series: [
        { label: 'step' },
        { label: 'loss', scale: 'loss', stroke: '#ffb454', width: 1.25, points: { show: false } },
        {
          label: 'test accuracy',
          scale: 'accuracy',
          stroke: '#59c2ff',
          width: 2,
          spanGaps: true,
          points: { show: false },
          value: (_plot, value) => (value === null ? '–' : `${(100 * value).toFixed(1)} %`),
        },
      ],
      axes: [
        axis,
        {
          ...axis,
          scale: 'loss',
          size: 54,
          splits: (_plot, _axis, low, high) => powersOfTen(low, high),
          values: (_plot, ticks) => ticks.map((tick) => (tick === null ? '' : String(tick))),
        },
        {
          ...axis,
          scale: 'accuracy',
          // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- uPlot's enums exist in its types only
          side: 1,
          size: 54,
          grid: { show: false },
          values: (_plot, ticks) => ticks.map((tick) => `${Math.round(100 * tick)} %`),
        },
      ],
    },
    [steps, losses, accuracies],
    parent,
  );
  new ResizeObserver(() => plot.setSize(size())).observe(parent);
  const draw = (): void => plot.setData([steps, losses, accuracies]);
  return {
    add(more, accuracy) {
      for (const loss of more) {
        steps.push(steps.length + 1);
        losses.push(loss);
        accuracies.push(null);
      }
      accuracies[accuracies.length - 1] = accuracy;
      draw();
    },
    clear() {
      for (const list of [steps, losses, accuracies]) list.length = 0;
      draw();
    },
  };
}

/** One line of the grid per decade. */
function powersOfTen(low: number, high: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => 10 ** (first + i));
}
