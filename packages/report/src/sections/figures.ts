/** The numbers that people look for first. */
import type { Figure } from '@hebb/evaluation';
import { html, Html } from '../html.ts';
import { formatNumber } from './numbers.ts';

/** @param hasHeadline whether the first is what the page is about */
export function figures(shown: readonly Figure[], hasHeadline: boolean): Html {
  return html`<dl class="figures">
    ${shown.map(
      ({ name, value, format }, i) =>
        html`<div${new Html(hasHeadline && i === 0 ? ' class="headline"' : '')}><dt>${name}</dt><dd>${typeof value === 'number' ? formatNumber(value, format) : value}</dd></div> `,
    )}
  </dl>`;
}
