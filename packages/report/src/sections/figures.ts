/** The numbers that people look for first. */
import type { Figure } from '@hebb/evaluation';
import { html, Html } from '../html.ts';
import { formatNumber } from './numbers.ts';

/** Characters that fit into a figure in large letters. */
const longest = 8;

/** Fewer do not fill the page. */
const few = 4;

/** @param hasHeadline whether the first is what the page is about */
export function figures(shown: readonly Figure[], hasHeadline: boolean): Html {
  return html`<dl class="figures${shown.length < few ? ' few' : ''}">
    ${shown.map(({ name, value, format }, i) => {
      const text = typeof value === 'number' ? formatNumber(value, format) : value;
      const headline = new Html(hasHeadline && i === 0 ? ' class="headline"' : '');
      return html`<div${headline}><dt>${name}</dt><dd${new Html(text.length > longest ? ' class="long"' : '')}>${text}</dd></div> `;
    })}
  </dl>`;
}
