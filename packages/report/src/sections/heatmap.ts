/** Numbers by row and column as shades of a colour. */
import type { HeatmapSection } from '@hebb/evaluation';
import { html, Html } from '../html.ts';
import { formatNumber } from './numbers.ts';

export function heatmap(section: HeatmapSection): Html {
  const { values, rowNames, columnNames, rowLabel, columnLabel } = section;
  const strength = strengthOf(section);
  const turned = columnNames.some((name) => [...name].length > 2);
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${rowLabel} by ${columnLabel}">
    <table
      class="matrix heatmap"
      style="--columns:${columnNames.length};--names:${Math.max(rowLabel.length, ...rowNames.map((name) => name.length))}ch;--letters:0ch"
    >
      <thead>
        <tr>
          <td></td>
          <th class="axis" scope="colgroup" colspan="${columnNames.length}">${columnLabel}</th>
        </tr>
        <tr>
          <th class="axis">${rowLabel}</th>
          ${columnNames.map((name) => html`<th scope="col" ${new Html(turned ? ' class="turned"' : '')}><span>${name}</span></th>`)}
        </tr>
      </thead>
      <tbody>
        ${values.map(
          (row, i) =>
            html`<tr>
              <th scope="row">${rowNames[i] ?? ''}</th>
              ${row.map((value, j) => html`<td class="${value < 0 ? 'wrong' : 'right'}" style="--full:${strength(value)}%" title="${rowNames[i] ?? ''}, ${columnNames[j] ?? ''}: ${formatNumber(value)}"></td>`)}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
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
