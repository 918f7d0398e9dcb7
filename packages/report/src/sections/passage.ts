/** Texts whose pieces are marked the more, the larger their weights are. */
import type { CaptionLine, PassageSection } from '@hebb/evaluation';
import { html, type Html } from '../html.ts';
import { formatNumber } from './numbers.ts';

export function passage({ passages }: PassageSection): Html {
  return html`${passages.map(({ caption = [], tokens, weights }) => {
    const largest = weights.reduce((most, weight) => (Number.isFinite(weight) ? Math.max(most, weight) : most), 0);
    const strength = (weight: number): number =>
      largest > 0 && weight > 0 ? Math.round(100 * Math.min(1, weight / largest)) : 0;
    return html`<figure class="passage">
      ${caption.length === 0 ? undefined : html`<figcaption>${caption.map(captionLine)}</figcaption>`}
      <p>${tokens.map((token, i) => marked(token, weights[i] ?? 0, strength(weights[i] ?? 0)))}</p>
    </figure>`;
  })}`;
}

/** Under another name than that of HTML, whose white space tools may change. */
const markup = html;

function marked(token: string, weight: number, strength: number): Html {
  return markup`<mark style="--full:${strength}%" title="${formatNumber(weight)}">${token}</mark>`;
}

function captionLine({ label, value, tone }: CaptionLine): Html {
  return html`<span class="line"
    >${label === undefined ? undefined : `${label} `}${tone === undefined ? value : html`<b class="${tone}">${value}</b>`}</span
  > `;
}
