/** Rows of cells. */
import type { TableCell, TableSection } from '@hebb/evaluation';
import { html, Html } from '../html.ts';
import { formatNumber } from './numbers.ts';

/** Columns without titles make a table of names and values, whose texts may break into lines. */
export function table({ title, columns, rows, footer = [] }: TableSection): Html {
  const isNamed = columns.some((column) => column.title !== '');
  const isText = columns.map((_, i) => [...rows, ...footer].every((row) => typeof row[i] !== 'number'));
  const aligned = (i: number): Html => new Html(i === 0 || isText[i] === true ? ' class="text"' : '');
  const cell = (value: TableCell, i: number): Html => {
    const text = typeof value === 'number' ? formatNumber(value, columns[i]?.format, 1) : value;
    return i === 0 ? html`<th scope="row" class="text">${text}</th>` : html`<td${aligned(i)}>${text}</td>`;
  };
  const body = (shown: TableSection['rows'], kind: string): Html =>
    html`<tbody${new Html(kind)}>
      ${shown.map(
        (row) =>
          html`<tr>
            ${columns.map((_, i) => cell(row[i], i))}
          </tr> `,
      )}
    </tbody>`;
  return html`<div class="scroll"${new Html(isNamed ? ' tabindex="0" role="group"' : '')} aria-label="${title}">
    <table${new Html(isNamed ? '' : ' class="facts"')}>
      ${
        isNamed
          ? html`<thead>
              <tr>
                ${columns.map((column, i) => html`<th scope="col" ${aligned(i)}>${column.title}</th>`)}
              </tr>
            </thead>`
          : undefined
      }
      ${body(rows, '')} ${footer.length > 0 ? body(footer, ' class="footer"') : undefined}
    </table>
  </div>`;
}
