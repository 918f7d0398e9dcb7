/** Sections as cards of a page. */
import type { Section, ShapedValues, TableSection } from '@hebb/evaluation';
import { html, Html } from '../html.ts';
import { chart } from './chart.ts';
import { figures } from './figures.ts';
import { heatmap } from './heatmap.ts';
import { matrix } from './matrix.ts';
import { melody } from './melody.ts';
import { passage } from './passage.ts';
import { pictures } from './pictures.ts';
import { isLong, table } from './table.ts';

/** A titled box; those that are not wide stand side by side where there is room for two. */
export interface Card {
  readonly title: string;
  readonly body: Html;
  readonly isWide: boolean;
}

/** Names and columns up to which a matrix or a table fits into half a page. */
const namesOfHalf = 14;
const columnsOfHalf = 6;
/** Columns of a heatmap, which need not hold numbers, up to which it does. */
const shadesOfHalf = 40;

/** @param images of the examples evaluated */
export function cardOf(section: Section, images: ShapedValues | undefined): Card {
  const { title, kind } = section;
  switch (kind) {
    case 'figures':
      return { title, isWide: true, body: explained(section, figures(section.figures, false)) };
    case 'text':
      return { title, isWide: true, body: html`${paragraphs(section.text)}` };
    case 'table':
      return { title, isWide: isWideTable(section), body: explained(section, table(section)) };
    case 'chart':
      return { title, isWide: false, body: explained(section, chart(section)) };
    case 'matrix':
      return { title, isWide: section.columnNames.length > namesOfHalf, body: explained(section, matrix(section)) };
    case 'heatmap':
      return { title, isWide: section.columnNames.length > shadesOfHalf, body: explained(section, heatmap(section)) };
    case 'passage':
      return { title, isWide: true, body: explained(section, passage(section)) };
    case 'melody':
      return { title, isWide: true, body: explained(section, melody(section)) };
    case 'pictures':
      return { title, isWide: true, body: explained(section, pictures(section, images)) };
  }
}

function isWideTable({ columns, rows }: TableSection): boolean {
  return columns.length > columnsOfHalf || rows.some((row) => row.some(isLong));
}

/** A long table that is opened by a click. */
export function folded(section: TableSection, summary: string, look?: 'model'): Card {
  const body = html`<details>
    <summary>${summary}</summary>
    ${table(section, look)}
  </details>`;
  return { title: section.title, isWide: true, body };
}

/** Cards in order. Of an odd number of halves in a row the first is wide, so that none stands beside an empty half. */
export function cards(all: readonly Card[]): Html {
  const wide = new Set(all.filter(({ isWide }) => isWide));
  let row: Card[] = [];
  for (const card of [...all, undefined]) {
    if (card?.isWide === false) row.push(card);
    else {
      if (row.length % 2 === 1 && row[0] !== undefined) wide.add(row[0]);
      row = [];
    }
  }
  return html`<div class="cards">
    ${all.map(
      (card) =>
        html`<section${new Html(wide.has(card) ? ' class="wide"' : '')}><h2>${card.title}</h2>${card.body}</section> `,
    )}
  </div>`;
}

function explained({ text }: Section, body: Html): Html {
  return text === undefined
    ? body
    : html`${body}
        <div class="note">${paragraphs(text)}</div>`;
}

/** Blank lines part paragraphs. */
function paragraphs(text: string): Html[] {
  return text.split(/\n\s*\n/).map((paragraph) => html`<p class="prose">${paragraph}</p>`);
}
