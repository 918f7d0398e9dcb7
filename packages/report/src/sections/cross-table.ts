/** A table of cells between names of rows and names of columns, both under a label. */
import { html, Html } from '../html.ts';

interface CrossTable {
  /** Classes of the table. */
  readonly kind: string;
  readonly rowLabel: string;
  readonly columnLabel: string;
  readonly rowNames: readonly string[];
  readonly columnNames: readonly string[];
  /** Whether names of columns stand upright, so that columns may be narrow. */
  readonly turned: boolean;
  /** Letters that a column has room for. */
  readonly letters: number;
}

/** `rows` are the cells, `<td>` each. */
export function crossTable(
  { kind, rowLabel, columnLabel, rowNames, columnNames, turned, letters }: CrossTable,
  rows: readonly (readonly Html[])[],
): Html {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${rowLabel} by ${columnLabel}">
    <table
      class="${kind}"
      style="--columns:${columnNames.length};--letters:${letters}ch;--names:${Math.max(rowLabel.length, ...rowNames.map((name) => name.length))}ch"
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
        ${rows.map(
          (row, i) =>
            html`<tr>
              <th scope="row">${rowNames[i] ?? ''}</th>
              ${row}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`;
}
