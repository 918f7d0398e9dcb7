/** Rows of cells. */
import type { TableCell, TableSection } from '@hebb/evaluation';
import { html, Html } from '../html.ts';
import { formatColumn, formatNumber } from './numbers.ts';

/** Letters from which a text is no name: it may break into lines. */
const longText = 40;

/**
 * Columns without titles make a table of names and values, whose texts may break into lines.
 *
 * @param look a `model` has two lines a layer where there is no room for one
 */
export function table({ title, columns, rows, footer = [] }: TableSection, look?: 'model'): Html {
  const isNamed = columns.some((column) => column.title !== '');
  const kind = isNamed ? look : 'facts';
  const inColumn = (i: number): TableCell[] => [...rows, ...footer].map((row) => row[i]);
  const classes = columns.map((_, i) => {
    const cells = inColumn(i);
    const isText = i === 0 || cells.every((value) => typeof value !== 'number');
    const names = [isText ? 'text' : '', isNamed && isText && cells.some(isLong) ? 'long' : ''].filter(Boolean);
    return new Html(names.length === 0 ? '' : ` class="${names.join(' ')}"`);
  });
  const numbers = columns.map(({ format }, i) =>
    format === undefined
      ? formatColumn(inColumn(i).filter((value) => typeof value === 'number'))
      : (value: number) => formatNumber(value, format, 1),
  );
  const cell = (value: TableCell, i: number): Html => {
    const text = typeof value === 'number' ? numbers[i]?.(value) : breakable(value ?? '');
    return i === 0 ? html`<th scope="row" ${classes[i]}>${text}</th>` : html`<td${classes[i]}>${text}</td>`;
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
    <table${new Html(kind === undefined ? '' : ` class="${kind}"`)}>
      ${
        isNamed
          ? html`<thead>
              <tr>
                ${columns.map((column, i) => html`<th scope="col" ${classes[i]}>${column.title}</th>`)}
              </tr>
            </thead>`
          : undefined
      }
      ${body(rows, '')} ${footer.length > 0 ? body(footer, ' class="footer"') : undefined}
    </table>
  </div>`;
}

/** Whether a cell is a text that half a page is narrow for. */
export function isLong(value: TableCell): boolean {
  return typeof value === 'string' && value.length > longText;
}

/** Under another name than that of HTML, whose white space tools may change. */
const markup = html;

/** Where names may break on a narrow page: between their parts, not in the middle of a word; an option of a command line not at all. */
function breakable(text: string): Html[] {
  return text.split(/(?<=\s)(?=-)|(?<=\s-\S*)(?=\s)/).map((piece) => {
    if (piece.startsWith('-')) return markup`<span class="whole">${piece}</span>`;
    const parts = piece.split(/(?<=[a-zA-Z)][._/])(?=\w)|(?<=\d[._/])(?=[a-zA-Z])|(?<=[a-z\d])(?=[A-Z][a-z])/);
    return markup`${parts.map((part, i) => (i === 0 ? markup`${part}` : markup`<wbr>${part}`))}`;
  });
}
