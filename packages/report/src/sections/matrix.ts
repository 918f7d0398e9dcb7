/**
 * A matrix of counts as a table whose cells are coloured: blue where row and column have one name, orange where not; both differ in lightness, too.
 * One that is too large to be read is a picture, with its largest confusions in words.
 */
import type { MatrixSection } from '@hebb/evaluation';
import { html, type Html } from '../html.ts';
import { crossTable } from './cross-table.ts';
import { formatNumber } from './numbers.ts';
import { pngAddress } from './png.ts';
import { table } from './table.ts';

/** Names on a side that a table still shows. */
const mostNames = 40;
/** Columns that have room for names of some letters side by side. */
const fewColumns = 4;
/** Strength of blue from which white can be read on it; black can be read on any orange. */
const whiteFrom = 0.87;
const confusionsListed = 20;

export function matrix(section: MatrixSection): Html {
  const cells = cellsOf(section);
  return section.rowNames.length > mostNames || section.columnNames.length > mostNames
    ? picture(section, cells)
    : cellTable(section, cells);
}

interface Cell {
  readonly row: number;
  readonly column: number;
  readonly count: number;
  /** Share of its row. */
  readonly share: number;
  readonly isRight: boolean;
  /** How full its colour is, from 0 to 1. */
  readonly strength: number;
}

function cellsOf({ counts, rowNames, columnNames }: MatrixSection): Cell[][] {
  const hasDiagonal = rowNames.length === columnNames.length && rowNames.every((name, i) => name === columnNames[i]);
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const share = (count: number, row: number): number => count / Math.max(1e-300, totals[row] ?? 0);
  let worst = 0.05;
  counts.forEach((row, i) => {
    row.forEach((count, j) => (worst = hasDiagonal && i === j ? worst : Math.max(worst, share(count, i))));
  });
  return counts.map((counted, row) =>
    counted.map((count, column) => {
      const isRight = !hasDiagonal || row === column;
      const part = count === 0 ? 0 : share(count, row);
      // A single mistake among thousands must still be seen, and five times as many must look like more.
      const full = hasDiagonal && isRight ? Math.max(0.12, part) : 0.15 + 0.85 * Math.sqrt(part / worst);
      const strength = count === 0 ? 0 : Math.round(Math.min(1, full) * 100) / 100;
      return { row, column, count, share: part, isRight, strength };
    }),
  );
}

function cellTable({ rowNames, columnNames, rowLabel, columnLabel }: MatrixSection, cells: Cell[][]): Html {
  const longest = Math.max(0, ...columnNames.map((name) => shorten(name).length));
  const turned = longest > (columnNames.length <= fewColumns ? 12 : 3);
  const named = { rowNames: rowNames.map(shorten), columnNames: columnNames.map(shorten), rowLabel, columnLabel };
  return crossTable(
    { kind: 'matrix', ...named, turned, letters: turned ? 0 : longest },
    cells.map((row) => row.map(cellHtml)),
  );
}

function cellHtml({ count, isRight, strength }: Cell): Html {
  const kind = count === 0 ? 'none' : isRight ? 'right' : 'wrong';
  const look = kind === 'right' && strength > whiteFrom ? 'right strong' : kind;
  return html`<td class="${look}" style="--full:${strength * 100}%">${formatCell(count)}</td>`;
}

/** Blue and orange of Okabe and Ito, which stand out from a light page and from a dark one. */
const rightColor = [0, 114, 178] as const;
const wrongColor = [213, 94, 0] as const;

function picture(section: MatrixSection, cells: Cell[][]): Html {
  const { title, rowNames, columnNames, rowLabel, columnLabel } = section;
  const [height, width] = [cells.length, columnNames.length];
  const data = new Uint8Array(height * width * 4);
  for (const cell of cells.flat()) {
    const color = cell.isRight ? rightColor : wrongColor;
    data.set([...color, Math.round(255 * cell.strength)], (cell.row * width + cell.column) * 4);
  }
  const largest = cells
    .flat()
    .filter(({ isRight, count }) => !isRight && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, confusionsListed);
  return html`<figure class="matrix">
      <p class="y-label">${rowLabel}, downwards; ${columnLabel}, to the right</p>
      <img src="${pngAddress({ width, height, data, channels: 4 })}" alt="${title}: ${height} by ${width}" />
    </figure>
    ${
      largest.length === 0
        ? undefined
        : html`<h3>The largest confusions</h3>
            ${table({
              kind: 'table',
              title: 'The largest confusions',
              columns: [
                { title: rowLabel },
                { title: columnLabel },
                { title: 'count' },
                { title: `of ${rowLabel}`, format: 'percent' },
              ],
              rows: largest.map(({ row, column, count, share }) => [rowNames[row], columnNames[column], count, share]),
            })}`
    }`;
}

function formatCell(count: number): string {
  return Number.isInteger(count) ? String(count) : formatNumber(count);
}

function shorten(name: string): string {
  return name.length > 18 ? `${name.slice(0, 17)}…` : name;
}
