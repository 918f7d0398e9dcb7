/** The numbers that people look for first. */
import type { Figure } from '@hebb/evaluation';
import { html, Html } from '../html.ts';
import { formatNumber } from './numbers.ts';

/** Characters that fit into a figure in large letters. */
const longest = 8;

/** Side by side on a wide page, in rows as even as can be; fewer than four do not fill one. */
const mostAcross = 6;

function acrossOf(count: number): number {
  return count < 4 ? mostAcross : Math.ceil(count / Math.ceil(count / mostAcross));
}

/** @param hasHeadline whether the first is what the page is about */
export function figures(shown: readonly Figure[], hasHeadline: boolean): Html {
  return html`<dl class="figures" style="--across:${acrossOf(shown.length)}">
    ${shown.map(({ name, value, format }, i) => {
      const text = typeof value === 'number' ? formatNumber(value, format) : value;
      const headline = new Html(hasHeadline && i === 0 ? ' class="headline"' : '');
      return html`<div${headline}><dt>${name}</dt><dd${new Html(text.length > longest ? ' class="long"' : '')}>${text}</dd></div> `;
    })}
  </dl>`;
}
