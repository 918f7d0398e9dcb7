/** Mistakes as pictures: what the model was surest of and wrong about, and what it got right by a narrow margin. */
import type { NumericArray } from '@hebb/data';
import { ReportError } from './errors.ts';
import type { ClassificationEvaluation } from '@hebb/training';
import { formatCount, formatPercent } from '@hebb/evaluation/format';
import { html, type Html } from './html.ts';
import { pictureOf } from './pictures.ts';

const mistakesShown = 24;
const narrowShown = 12;

export function examplePictures(
  evaluation: ClassificationEvaluation,
  images: NumericArray,
): { heading: string; body: Html }[] {
  const { labels, predictions, count } = evaluation;
  if (images.shape.length !== 4 || images.shape[0] !== count) {
    throw new ReportError(
      `[writeReport] images must have the shape [${count}, channels, height, width], like the examples evaluated; got [${images.shape.join(', ')}].`,
    );
  }
  const examples = Array.from(labels, (label, index) => {
    const prediction = predictions[index] ?? 0;
    return { index, label, prediction, confidence: evaluation.probabilities(index)[prediction] ?? 0 };
  });
  const wrong = examples
    .filter(({ label, prediction }) => label !== prediction)
    .sort((a, b) => b.confidence - a.confidence);
  const narrow = examples
    .filter(({ label, prediction }) => label === prediction)
    .sort((a, b) => a.confidence - b.confidence);
  const name = (index: number): string => evaluation.confusionMatrix.classNames[index] ?? String(index);
  const grid = (shown: typeof examples): Html =>
    html`<ul class="pictures">
      ${shown.map(({ index, label, prediction, confidence }) => {
        const isRight = label === prediction;
        const caption = isRight
          ? html`<b class="right">${name(label)}</b>`
          : html`true <b>${name(label)}</b><br />predicted <b class="wrong">${name(prediction)}</b>`;
        return html`<li>
          <img src="${pictureOf(images, index)}" alt="Example ${index}: ${name(label)}" title="Test example ${index}" />
          <p>${caption}<br /><span class="quiet">${formatPercent(confidence, 1)} sure</span></p>
        </li>`;
      })}
    </ul>`;
  const heading =
    wrong.length > mistakesShown
      ? `The ${mistakesShown} worst of ${formatCount(wrong.length)} mistakes`
      : wrong.length === 1
        ? 'The one mistake'
        : `All ${wrong.length} mistakes`;
  return [
    wrong.length === 0
      ? { heading: 'Mistakes', body: html`<p>None: every example was predicted right.</p>` }
      : { heading, body: grid(wrong.slice(0, mistakesShown)) },
    ...(narrow.length > 0 ? [{ heading: 'Right, but least sure', body: grid(narrow.slice(0, narrowShown)) }] : []),
  ];
}
