/** Numbers by row and column as shades of a colour. */
import type { HeatmapSection } from '@hebb/evaluation';
import { html, type Html } from '../html.ts';
import { crossTable } from './cross-table.ts';
import { formatNumber } from './numbers.ts';

export function heatmap(section: HeatmapSection): Html {
  const { values, rowNames, columnNames, rowLabel, columnLabel } = section;
  const strength = strengthOf(section);
  const turned = columnNames.some((name) => [...name].length > 2);
  return crossTable(
    { kind: 'matrix heatmap', rowLabel, columnLabel, rowNames, columnNames, turned, letters: 0 },
    values.map((row, i) =>
      row.map(
        (value, j) =>
          html`<td
            class="${value < 0 ? 'wrong' : 'right'}"
            style="--full:${strength(value)}%"
            title="${rowNames[i] ?? ''}, ${columnNames[j] ?? ''}: ${formatNumber(value)}"
          ></td>`,
      ),
    ),
  );
}

/** How full the colour of a value is, in percent. */
function strengthOf({ values, range }: HeatmapSection): (value: number) => number {
  const finite = values.flat().filter(Number.isFinite);
  const largest = finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const [low, high] = range ?? [0, largest];
  return (value) => {
    if (!Number.isFinite(value) || high <= low) return 0;
    const size = range === undefined ? Math.abs(value) : value;
    return Math.round(100 * Math.min(1, Math.max(0, (size - low) / (high - low))));
  };
}
