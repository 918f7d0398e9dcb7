/** A model as a picture, drawn from its summary. */
import { formatCount } from '@hebb/evaluation/format';
import type { Summary, SummaryRow } from '@hebb/layers';
import { wrongArgument } from '@hebb/tensor/arguments';
import { html, Html } from './html.ts';

/** A module with those inside of it. */
interface Block {
  readonly row: SummaryRow;
  readonly name: string;
  readonly inside: Block[];
}

/** Equal modules that follow one another are drawn once. */
interface Repeated {
  readonly block: Block;
  readonly count: number;
}

/** Under another name than that of HTML, whose white space tools may change. */
const markup = html;

/** Narrow enough for a phone at its own size. */
const width = 350;
const gap = 10;
const padding = 8;
const titleHeight = 22;
const leafHeight = 44;
/** Width of a letter, in parts of its size; of the fonts that there are, the widest. */
const letter = 0.6;

const style = `
text { font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif; fill: #1b1f24; }
.quiet { fill: #59636d; font-size: 11px; }
.page { fill: #ffffff; }
.frame { fill: none; stroke: #c3c9d0; }
.block { fill: #eef4f9; stroke: #0072b2; }
.bare { fill: #f6f7f9; stroke: #c3c9d0; }
.weights { fill: #0072b2; }
.line { stroke: #8a939c; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6e9ed; } .quiet { fill: #9aa5b1; } .page { fill: #111418; }
  .frame { stroke: #49525c; } .block { fill: #1b2b38; stroke: #56b4e9; } .bare { fill: #1a1f25; stroke: #49525c; }
  .weights { fill: #56b4e9; } .line { stroke: #6b7580; }
}`;

/**
 * Draws a model as SVG, from its {@link Summary}: a block for each layer with the shape that it returns and its parameters, frames around the layers of one module, one block for equal ones that follow one another. The bar
 * in a block is its share of all parameters. Light and dark as the reader's display is; 350 wide, so that a phone shows it at its own size.
 *
 * Blocks stand in the order of the summary. Lines join those of a `Sequential` or a list, which are numbered and follow one another; of others it is not known which reads what another gave.
 *
 * ```ts
 * const model = new Sequential(new Linear(4, 8), new ReLU(), new Linear(8, 3));
 * const svg = drawSummary(summary(model, ['batch', 4]));
 * svg.startsWith('<svg'); // true
 * ```
 *
 * @throws ArgumentError for what is no summary
 */
export function drawSummary(summary: Summary): string {
  if (!Array.isArray((summary as Summary | undefined)?.rows) || summary.rows.length === 0)
    throw wrongArgument('drawSummary', 'the summary', 'what summary() returns', summary);
  const model = blockOf(summary.rows);
  const shares = Math.max(1, summary.parameters);
  const parts: Html[] = [];
  const start = 1 + titleHeight;
  const bottom =
    model.inside.length === 0
      ? leaf(model, 1, 0.5, start, width - 1, shares, parts)
      : stack(repeated(model.inside), 0.5, start, width - 1, shares, parts);
  const total = `${formatCount(summary.parameters)} parameters`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 1}" width="${width}" height="${bottom + 1}" role="img" aria-label="${described(model.row, 200)}, ${total}"><style>${new Html(style)}</style><rect class="page" width="${width}" height="${bottom + 1}"/><text x="1" y="14" font-weight="600">${described(model.row, lettersIn(width - total.length * 7))}</text><text class="quiet" x="${width - 1}" y="14" text-anchor="end">${total}</text>${parts}</svg> `
    .text;
}

/** Rows stand in the order of a walk, with their depths. */
function blockOf(rows: readonly SummaryRow[]): Block {
  const around: Block[] = [];
  for (const row of rows) {
    const outer = around[row.depth - 1];
    const name = outer === undefined || outer.row.path === '' ? row.path : row.path.slice(outer.row.path.length + 1);
    const block = { row, name, inside: [] };
    outer?.inside.push(block);
    around[row.depth] = block;
  }
  return around[0] as Block;
}

/** What two blocks have in common that are drawn as one. */
function looks({ row, inside }: Block): string {
  return JSON.stringify([row.description, shapeOf(row), row.parameters, inside.map(looks)]);
}

function repeated(blocks: readonly Block[]): Repeated[] {
  const found: { block: Block; count: number }[] = [];
  let last = '';
  for (const block of blocks) {
    const look = looks(block);
    const before = found.at(-1);
    // Small ones are as easily drawn as counted.
    if (before !== undefined && look === last) before.count++;
    else found.push({ block, count: 1 });
    last = look;
  }
  return found;
}

/** Draws blocks from the top down; returns where they end. */
function stack(
  blocks: readonly Repeated[],
  x: number,
  top: number,
  wide: number,
  total: number,
  parts: Html[],
): number {
  let y = top;
  for (const [i, { block, count }] of blocks.entries()) {
    if (i > 0) {
      const middle = x + wide / 2;
      if (isNumbered(block) && isNumbered(blocks[i - 1]?.block))
        parts.push(markup`<path class="line" d="M${middle} ${y}v${gap}"/>`);
      y += gap;
    }
    y =
      block.inside.length === 0
        ? leaf(block, count, x, y, wide, total, parts)
        : frame(block, count, x, y, wide, total, parts);
  }
  return y;
}

function frame(block: Block, count: number, x: number, y: number, wide: number, total: number, parts: Html[]): number {
  const at = parts.length;
  const inner = wide - 2 * padding;
  const bottom = stack(repeated(block.inside), x + padding, y + titleHeight, inner, total, parts) + padding;
  const times = timesOf(count);
  parts.splice(
    at,
    0,
    markup`<rect class="frame" x="${x}" y="${y}" width="${wide}" height="${bottom - y}" rx="7"/><text class="quiet" x="${x + padding}" y="${y + 15}">${titleOf(block, lettersIn(inner) - times.length - 1)}</text>`,
    times === ''
      ? new Html('')
      : markup`<text x="${x + wide - padding}" y="${y + 15}" text-anchor="end" font-weight="600">${times}</text>`,
  );
  return bottom;
}

function leaf(block: Block, count: number, x: number, y: number, wide: number, total: number, parts: Html[]): number {
  const { row } = block;
  const has = row.parameters > 0;
  const inner = wide - 2 * padding;
  const times = timesOf(count);
  const share = row.parameters / total;
  const counted =
    row.parameters > 0 ? formatCount(row.parameters) : row.tied > 0 ? `${formatCount(row.tied)} tied` : '';
  parts.push(
    markup`<rect class="${has ? 'block' : 'bare'}" x="${x}" y="${y}" width="${wide}" height="${leafHeight}" rx="5"/><text x="${x + padding}" y="${y + 17}">${titleOf(block, lettersIn(inner) - times.length - 1)}</text><text class="quiet" x="${x + padding}" y="${y + 34}">${cut(shapeOf(row), lettersIn(inner) - counted.length - 1)}</text>`,
    counted === ''
      ? new Html('')
      : markup`<text class="quiet" x="${x + wide - padding}" y="${y + 34}" text-anchor="end">${counted}</text>`,
  );
  if (times !== '')
    parts.push(
      markup`<text x="${x + wide - padding}" y="${y + 17}" text-anchor="end" font-weight="600">${times}</text>`,
    );
  if (has)
    parts.push(
      markup`<rect class="weights" x="${x + 1}" y="${y + leafHeight - 4}" width="${Math.max(2, (wide - 2) * share).toFixed(1)}" height="3" rx="1.5"/>`,
    );
  return y + leafHeight;
}

const timesOf = (count: number): string => (count === 1 ? '' : `× ${count}`);
const lettersIn = (wide: number): number => Math.floor(wide / (12 * letter));

/** The last part of the name of a layer in a list, which is a number. */
const isNumbered = (block: Block | undefined): boolean => block !== undefined && /(?:^|\.)\d+$/.test(block.name);

/** Names that are numbers say nothing. */
function titleOf({ name, row }: Block, letters: number): string {
  const last = name.split('.').at(-1) ?? '';
  return cut(/^\d*$/.test(last) ? row.description : `${last}: ${row.description}`, letters);
}

const described = ({ description }: SummaryRow, letters: number): string => cut(description, letters);

function cut(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1))}…`;
}

function shapeOf({ outputs }: SummaryRow): string {
  return [...outputs].map(([place, shape]) => `${place === '' ? '' : `${place}: `}[${shape.join(', ')}]`).join(' ');
}
