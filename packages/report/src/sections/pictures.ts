/** Examples with captions: as pictures where there are images, in words where there are none. */
import type { CaptionLine, Picture, PicturesSection, ShapedValues } from '@hebb/evaluation';
import { ReportError } from '../errors.ts';
import { html, Html } from '../html.ts';
import { pictureOf } from './png.ts';

/** Pixels on a side from which a picture is shown large. */
const manyPixels = 48;

/** @param images of the data that was evaluated, for sections that bring none */
export function pictures(section: PicturesSection, images: ShapedValues | undefined): Html {
  const shownImages = section.images ?? images;
  if (shownImages === undefined) {
    return html`<ul class="examples">
      ${section.pictures.map((picture) => html`<li><span class="quiet">example ${picture.example}</span> ${captionOf(picture)}</li> `)}
    </ul>`;
  }
  const [count = 0, , height = 0, width = 0] = requireImages(section.title, shownImages);
  const { columns } = section;
  const size = columns !== undefined ? ' rows' : Math.max(height, width) >= manyPixels ? ' large' : '';
  return html`<ul class="pictures${size}" ${new Html(columns === undefined ? '' : ` style="--across:${columns}"`)}>
    ${section.pictures.map((picture) => {
      const { example } = picture;
      if (!(Number.isInteger(example) && example >= 0 && example < count))
        throw new ReportError(`[reportHtml] '${section.title}' shows example ${example} of ${count} images.`);
      return html`<li>
        <img
          src="${pictureOf(shownImages, example, section.range ?? [0, 1])}"
          alt="${inWords(picture)}"
          title="Example ${example}"
        />
        ${captionOf(picture)}
      </li> `;
    })}
  </ul>`;
}

function requireImages(title: string, { data, shape }: ShapedValues): readonly number[] {
  const size = shape.reduce((product, length) => product * length, 1);
  if (shape.length !== 4 || size !== data.length)
    throw new ReportError(
      `[reportHtml] images for '${title}' must have the shape [examples, channels, height, width], got [${shape.join(', ')}] with ${data.length} values.`,
      {
        hint: "Pass images of the examples that were evaluated, all of them and in their order, e.g. test.field('x').",
      },
    );
  return shape;
}

function captionOf({ caption }: Picture): Html | undefined {
  if (caption.length === 0) return undefined;
  return html`<p>
    ${caption.map(({ label, value, tone }) => html`<span class="line">${label === undefined ? undefined : `${label} `}${tone === undefined ? value : html`<b class="${tone}">${value}</b>`}</span> `)}
  </p>`;
}

function inWords({ example, caption }: Picture): string {
  const line = ({ label, value }: CaptionLine): string => (label === undefined ? value : `${label} ${value}`);
  return [`Example ${example}`, ...caption.map(line)].join(', ');
}
