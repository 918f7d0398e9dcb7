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

/** @param hasHeadline whether the first is what the page is about; where figures have targets, colours say which are met */
export function figures(shown: readonly Figure[], hasHeadline: boolean): Html {
  const isHeadline = hasHeadline && shown.every(({ target }) => target === undefined);
  return html`<dl class="figures" style="--across:${acrossOf(shown.length)}">
    ${shown.map(({ name, value, format, target }, i) => {
      const text = typeof value === 'number' ? formatNumber(value, format) : value;
      const look = target === undefined ? (isHeadline && i === 0 ? 'headline' : '') : target.isMet ? 'met' : 'missed';
      const asked = target && html`<dd class="target">${target.isMet ? '✓' : '✗'} ${target.text}</dd>`;
      return html`<div${classed(look)}><dt>${name}</dt><dd${classed(text.length > longest ? 'long' : '')}>${text}</dd>${asked}</div> `;
    })}
  </dl>`;
}

const classed = (name: string): Html => new Html(name === '' ? '' : ` class="${name}"`);
