/** A model as a picture, drawn from its summary. */
import { formatCount } from '@hebb/evaluation/format';
import type { Summary, SummaryRow, SummaryStep } from '@hebb/layers';
import { wrongArgument } from '@hebb/tensor/arguments';
import { html, Html } from './html.ts';

/** A call of a module with those inside of it, or an operation in which values meet. */
interface Block {
  /** Undefined: such an operation. */
  readonly row: SummaryRow | undefined;
  readonly name: string;
  readonly step: SummaryStep | undefined;
  readonly inside: readonly Block[];
}

/** Equal modules that follow one another are drawn once. */
interface Repeated {
  readonly block: Block;
  readonly count: number;
  /** Which of those drawn in the same frame made what it reads; −1 is what came into the frame. */
  readonly reads: readonly number[];
}

/** A way around other blocks. */
interface Detour {
  readonly from: number;
  readonly to: number;
  readonly lane: number;
}

/** Under another name than that of HTML, whose white space tools may change. */
const markup = html;

/** Narrow enough for a phone at its own size. */
const width = 350;
const gap = 10;
const padding = 8;
const titleHeight = 22;
const leafHeight = 44;
const ownHeight = 26;
/** Between lines that run beside one another. */
const laneWidth = 7;
/** How operations are written in which values meet. */
const signs: Readonly<Record<string, string>> = { add: '+', sub: '−', mul: '×', concat: 'concat' };
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
.line { fill: none; stroke: #8a939c; stroke-width: 1.5; stroke-linejoin: round; }
.tip { fill: #8a939c; }
.meet { fill: #ffffff; stroke: #8a939c; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6e9ed; } .quiet { fill: #9aa5b1; } .page { fill: #111418; }
  .frame { stroke: #49525c; } .block { fill: #1b2b38; stroke: #56b4e9; } .bare { fill: #1a1f25; stroke: #49525c; }
  .weights { fill: #56b4e9; } .line { stroke: #6b7580; } .tip { fill: #6b7580; } .meet { fill: #111418; stroke: #6b7580; }
}`;

/**
 * Draws a model as SVG, from its {@link Summary}: a block for each layer with the shape that it returns and its parameters, frames around the layers of one module, one block for equal ones that follow one another. The bar
 * in a block is its share of all parameters. Light and dark as the reader's display is; 350 wide, so that a phone shows it at its own size.
 *
 * Blocks stand in the order in which they were called; one that is called several times stands at each of its calls. Lines join a block with those that read what it returned: straight where that is the next one, else around those between. Where a module
 * itself adds, multiplies or concatenates what blocks in it returned, as residual and skip connections do, a sign stands (`+`, `×`, `concat`).
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
  const model = blockOf(summary.flow, summary.rows, '');
  const [whole] = summary.rows as [SummaryRow];
  const shares = Math.max(1, summary.parameters);
  const parts: Html[] = [];
  const start = 1 + titleHeight;
  const bottom =
    model.inside.length === 0
      ? leaf(model, 1, 0.5, start, width - 1, shares, parts)
      : stack(repeated(model.inside), 0.5, start, width - 1, shares, parts);
  const total = `${formatCount(summary.parameters)} parameters`;
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 1}" width="${width}" height="${bottom + 1}" role="img" aria-label="${described(whole, 200)}, ${total}"><style>${new Html(style)}</style><rect class="page" width="${width}" height="${bottom + 1}"/><text x="1" y="14" font-weight="600">${described(whole, lettersIn(width - total.length * 7))}</text><text class="quiet" x="${width - 1}" y="14" text-anchor="end">${total}</text>${parts}</svg> `
    .text;
}

/** The calls in a step, and modules that were not called. */
function blockOf(step: SummaryStep, rows: readonly SummaryRow[], outer: string): Block {
  const row = rows.find(({ path }) => path === step.path);
  const { path = '' } = step;
  const inside = step.steps.map((each) => blockOf(each, rows, path));
  const isAround = (other: string): boolean => path === '' || other.startsWith(`${path}.`);
  if (row !== undefined && step.call === 0)
    for (const idle of rows)
      if (idle.calls === 0 && idle.depth === row.depth + 1 && isAround(idle.path))
        inside.push({ row: idle, name: nameIn(idle.path, path), step: undefined, inside: [] });
  return { row, name: nameIn(path, outer), step, inside };
}

const nameIn = (path: string, outer: string): string => (outer === '' ? path : path.slice(outer.length + 1));

/** What two blocks have in common that are drawn as one. */
function looks({ row, step, inside }: Block): string {
  return JSON.stringify([row?.description, shapeOf(step), row?.parameters, step?.operation, inside.map(looks)]);
}

/** Those that look the same, each of which reads the one before and is read by the next alone. */
function repeated(blocks: readonly Block[]): Repeated[] {
  const found: { block: Block; count: number; reads: number[] }[] = [];
  const place: number[] = [];
  let last = '';
  for (const [i, block] of blocks.entries()) {
    const look = looks(block);
    const reads = block.step?.reads ?? [];
    const before = found.at(-1);
    const follows = reads.length === 1 && reads[0] === i - 1;
    const isAlone = blocks.every(({ step }, j) => j <= i || step?.reads.includes(i - 1) !== true);
    if (before !== undefined && block.row !== undefined && look === last && follows && isAlone) before.count++;
    else found.push({ block, count: 1, reads: reads.map((read) => (read < 0 ? read : (place[read] ?? -1))) });
    place.push(found.length - 1);
    last = look;
  }
  return found;
}

/** Ways that are no straight line to the next block; two that overlap run in lanes of their own, the shorter one inside. */
function detoursOf(blocks: readonly Repeated[]): Detour[] {
  const ways = blocks.flatMap(({ reads }, to) =>
    reads.filter((from) => from !== to - 1 || (from < 0 && reads.length > 1)).map((from) => ({ from, to })),
  );
  // What comes into the frame goes into its first block anyway.
  const shown = ways.filter(({ from, to }) => from >= 0 || to > 0);
  shown.sort((a, b) => a.to - a.from - (b.to - b.from));
  const found: Detour[] = [];
  for (const { from, to } of shown) {
    const across = found.filter((other) => other.from < to && from < other.to);
    let lane = 0;
    while (across.some((other) => other.lane === lane)) lane++;
    found.push({ from, to, lane });
  }
  return found;
}

/** Draws blocks from the top down; returns where they end. */
function stack(
  blocks: readonly Repeated[],
  left: number,
  top: number,
  whole: number,
  total: number,
  parts: Html[],
): number {
  const detours = detoursOf(blocks);
  const lanes = Math.max(0, ...detours.map(({ lane }) => lane + 1));
  const margin = lanes === 0 ? 0 : lanes * laneWidth + 4;
  const [x, wide] = [left + margin, whole - margin];
  const middle = x + wide / 2;
  /** Where lines to and from the sides of the blocks begin and end. */
  const sides: { readonly x: number; readonly y: number }[] = [];
  let y = top;
  for (const [i, { block, count, reads }] of blocks.entries()) {
    if (i > 0) {
      if (reads.includes(i - 1)) parts.push(markup`<path class="line" d="M${middle} ${y}v${gap}"/>`);
      y += gap;
    }
    const start = y;
    if (block.row === undefined) {
      const sign = signs[block.step?.operation ?? ''] ?? block.step?.operation ?? '';
      const half = Math.max(9, 4 * sign.length + 4);
      parts.push(
        markup`<rect class="meet" x="${middle - half}" y="${y}" width="${2 * half}" height="18" rx="9"/><text x="${middle}" y="${y + 13}" text-anchor="middle">${sign}</text>`,
      );
      sides.push({ x: middle - half, y: y + 9 });
      y += 18;
      continue;
    }
    y =
      block.inside.length === 0
        ? leaf(block, count, x, y, wide, total, parts)
        : frame(block, count, x, y, wide, total, parts);
    sides.push({ x, y: (start + y) / 2 });
  }
  for (const { from, to, lane } of detours) {
    const end = sides[to] ?? { x, y };
    const begin = sides[from] ?? { x: left + margin - 4 - (lane + 0.5) * laneWidth, y: top - 4 };
    const way = (x - 4 - (lane + 0.5) * laneWidth).toFixed(1);
    parts.push(
      markup`<path class="line" d="M${begin.x} ${begin.y}H${way}V${end.y}H${end.x}"/><path class="tip" d="M${end.x} ${end.y}l-5 -3v6z"/>`,
    );
  }
  return y;
}

function frame(block: Block, count: number, x: number, y: number, wide: number, total: number, parts: Html[]): number {
  const at = parts.length;
  const inner = wide - 2 * padding;
  const own = block.step?.call === 0 ? (block.row?.parameters ?? 0) : 0;
  const first = y + titleHeight;
  if (own > 0) {
    // Such as those with which attention makes queries, keys and values.
    parts.push(
      markup`<rect class="block" x="${x + padding}" y="${first}" width="${inner}" height="${ownHeight}" rx="5"/><text class="quiet" x="${x + 2 * padding}" y="${first + 15}">parameters of its own</text><text class="quiet" x="${x + wide - 2 * padding}" y="${first + 15}" text-anchor="end">${formatCount(own)}</text>`,
      weights(x + padding, first + ownHeight, inner, own / total),
    );
  }
  const begin = own > 0 ? first + ownHeight + gap : first;
  const bottom = stack(repeated(block.inside), x + padding, begin, inner, total, parts) + padding;
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
  const { row, step } = block;
  if (row === undefined) return y;
  const isAgain = (step?.call ?? 0) > 0;
  const has = row.parameters > 0 && !isAgain;
  const inner = wide - 2 * padding;
  const times = timesOf(count);
  const share = row.parameters / total;
  const counted = has
    ? formatCount(row.parameters)
    : row.parameters > 0
      ? 'again'
      : row.tied > 0
        ? `${formatCount(row.tied)} tied`
        : '';
  parts.push(
    markup`<rect class="${has ? 'block' : 'bare'}" x="${x}" y="${y}" width="${wide}" height="${leafHeight}" rx="5"/><text x="${x + padding}" y="${y + 17}">${titleOf(block, lettersIn(inner) - times.length - 1)}</text><text class="quiet" x="${x + padding}" y="${y + 34}">${cut(shapeOf(step), lettersIn(inner) - counted.length - 1)}</text>`,
    counted === ''
      ? new Html('')
      : markup`<text class="quiet" x="${x + wide - padding}" y="${y + 34}" text-anchor="end">${counted}</text>`,
  );
  if (times !== '')
    parts.push(
      markup`<text x="${x + wide - padding}" y="${y + 17}" text-anchor="end" font-weight="600">${times}</text>`,
    );
  if (has) parts.push(weights(x, y + leafHeight, wide, share));
  return y + leafHeight;
}

/** The bar at the bottom of a block: its share of all parameters. */
function weights(x: number, bottom: number, wide: number, share: number): Html {
  return markup`<rect class="weights" x="${x + 1}" y="${bottom - 4}" width="${Math.max(2, (wide - 2) * share).toFixed(1)}" height="3" rx="1.5"/>`;
}

const timesOf = (count: number): string => (count === 1 ? '' : `× ${count}`);
const lettersIn = (wide: number): number => Math.floor(wide / (12 * letter));

/** Names that are numbers say nothing. */
function titleOf({ name, row }: Block, letters: number): string {
  const last = name.split('.').at(-1) ?? '';
  const description = row?.description ?? '';
  return cut(/^\d*$/.test(last) ? description : `${last}: ${description}`, letters);
}

const described = ({ description }: SummaryRow, letters: number): string => cut(description, letters);

function cut(text: string, letters: number): string {
  return text.length <= letters ? text : `${text.slice(0, Math.max(1, letters - 1))}…`;
}

function shapeOf(step: SummaryStep | undefined): string {
  return [...(step?.outputs ?? [])]
    .map(([place, shape]) => `${place === '' ? '' : `${place}: `}[${shape.join(', ')}]`)
    .join(' ');
}
