/** A confusion matrix as static SVG: blue where the prediction is right, orange where it is not; both differ in lightness too. */
import { scaleSqrt } from 'd3-scale';
import { html, type Html } from './html.ts';

/** @param counts counts[label][prediction] */
export function confusionPicture(counts: readonly (readonly number[])[], classNames: readonly string[]): Html {
  const classCount = counts.length;
  const cell = Math.min(46, Math.max(12, Math.floor(560 / classCount)));
  const longest = Math.max(...classNames.map((name) => name.length));
  const labelSpace = Math.min(140, 14 + longest * 7);
  const left = 22 + labelSpace;
  const slanted = longest * 7 > cell;
  const top = 26 + (slanted ? labelSpace * 0.75 : 16);
  const side = cell * classCount;
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  const worst = Math.max(
    ...counts.flatMap((row, label) =>
      row.map((count, prediction) => (label === prediction ? 0 : count / Math.max(1, totals[label] ?? 1))),
    ),
  );
  // A single mistake among thousands must still be seen, and five times as many must look like more.
  const wrongOpacity = scaleSqrt()
    .domain([0, Math.max(worst, 0.05)])
    .range([0.15, 1]);
  const withCounts = cell >= 20;
  const cells = counts.flatMap((row, label) => {
    const total = totals[label] ?? 0;
    return row.map((count, prediction) => {
      const right = label === prediction;
      const fraction = total === 0 ? 0 : count / total;
      const opacity = count === 0 ? 0 : right ? Math.max(0.12, fraction) : wrongOpacity(fraction);
      const x = left + prediction * cell;
      const y = top + label * cell;
      const text = withCounts
        ? html`<text
            class="${count === 0 ? 'none' : opacity > 0.55 ? 'strong' : 'some'}"
            x="${x + cell / 2}"
            y="${y + cell / 2}"
            dy="0.34em"
            text-anchor="middle"
            >${count}</text
          >`
        : undefined;
      return html`<g
        ><title>${classNames[label]} predicted as ${classNames[prediction]}: ${count} of ${total}</title
        ><rect class="back" x="${x + 1}" y="${y + 1}" width="${cell - 2}" height="${cell - 2}" rx="3" /><rect
          class="${right ? 'right' : 'wrong'}"
          x="${x + 1}"
          y="${y + 1}"
          width="${cell - 2}"
          height="${cell - 2}"
          rx="3"
          fill-opacity="${Math.round(opacity * 100) / 100}"
        />${text}</g
      >`;
    });
  });
  const rowLabels = classNames.map(
    (name, i) =>
      html`<text x="${left - 8}" y="${top + (i + 0.5) * cell}" dy="0.34em" text-anchor="end">${shorten(name)}</text>`,
  );
  const columnLabels = classNames.map((name, i) => {
    const x = left + (i + 0.5) * cell;
    return slanted
      ? html`<text transform="translate(${x},${top - 6}) rotate(-40)">${shorten(name)}</text>`
      : html`<text x="${x}" y="${top - 8}" text-anchor="middle">${shorten(name)}</text>`;
  });
  const width = left + side + (slanted ? labelSpace * 0.7 : 6);
  return html`<svg
    class="confusion"
    viewBox="0 0 ${width} ${top + side + 4}"
    style="max-width:${width}px"
    role="img"
    aria-label="Confusion matrix of ${classCount} classes"
  >
    <text class="axis-label" x="${left + side / 2}" y="14" text-anchor="middle">predicted</text>
    <text class="axis-label" transform="translate(14,${top + side / 2}) rotate(-90)" text-anchor="middle">true</text>
    <g class="labels">${columnLabels}${rowLabels}</g>
    ${cells}
  </svg>`;
}

function shorten(name: string): string {
  return name.length > 18 ? `${name.slice(0, 17)}…` : name;
}
