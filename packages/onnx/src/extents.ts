/**
 * Extents that depend on named sizes. A model is traced several times with different primes in the place of each name; an extent is the
 * list of the numbers seen, and what it has to do with the names is read off those numbers.
 */

/** One extent, as seen in each trace. */
export type Extent = readonly number[];

/** A named size of the inputs: its number in each trace, and where a running model finds it. */
export interface SizeSymbol {
  readonly name: string;
  readonly sizes: Extent;
  readonly input: string;
  readonly axis: number;
}

/** A sum of products: constant + Σ coefficient · Π symbols / divisor. */
export interface SizeExpression {
  readonly constant: number;
  readonly terms: readonly {
    readonly coefficient: number;
    readonly divisor: number;
    readonly symbols: readonly SizeSymbol[];
  }[];
}

export function isStatic(extent: Extent): boolean {
  return extent.every((n) => n === extent[0]);
}

export function sameExtent(a: Extent, b: Extent): boolean {
  return a.every((n, trace) => n === b[trace]);
}

export function sameExtents(a: readonly Extent[], b: readonly Extent[]): boolean {
  return a.length === b.length && a.every((extent, axis) => sameExtent(extent, b[axis] ?? []));
}

export function isOne(extent: Extent): boolean {
  return extent.every((n) => n === 1);
}

/** NumPy's broadcast of shapes that are known to fit. */
export function joinExtents(shapes: readonly (readonly Extent[])[]): Extent[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const candidates = shapes
      .map((shape) => shape[shape.length - rank + axis])
      .filter((extent) => extent !== undefined);
    return candidates.find((extent) => !isOne(extent)) ?? (candidates[0] as Extent);
  });
}

/** The extent at the first trace, which alone counts where all are equal. */
export function first(extent: Extent): number {
  return extent[0] ?? 0;
}

/**
 * The expression that gives `extent` in every trace, or undefined. Trace 0 holds the base sizes, trace 1 + i differs from it in symbol i
 * only; from these a guess is made. The one after them, in which all sizes are new, and all further ones, with the sizes 1 and 2, decide
 * whether it is right.
 */
export function fitExpression(extent: Extent, symbols: readonly SizeSymbol[]): SizeExpression | undefined {
  return guesses(extent, symbols).find((guess) => extent.every((n, trace) => evaluate(guess, trace) === n));
}

/** The trace that alone speaks against an expression, and what it would have to show: where a number follows another rule at 1, say. */
export function oddTrace(
  extent: Extent,
  symbols: readonly SizeSymbol[],
): { readonly trace: number; readonly expected: number } | undefined {
  const fitted = symbols.length + 2;
  const guess = guesses(extent, symbols).find((candidate) =>
    extent.slice(0, fitted).every((n, trace) => evaluate(candidate, trace) === n),
  );
  if (guess === undefined) return undefined;
  const trace = extent.findIndex((n, i) => evaluate(guess, i) !== n);
  return trace < 0 ? undefined : { trace, expected: evaluate(guess, trace) };
}

function guesses(extent: Extent, symbols: readonly SizeSymbol[]): SizeExpression[] {
  const fitted = extent.slice(0, symbols.length + 2);
  if (isStatic(fitted)) return [{ constant: first(extent), terms: [] }];
  return [fitProduct(extent, symbols), fitSum(extent, symbols)].filter((guess) => guess !== undefined);
}

function fitProduct(extent: Extent, symbols: readonly SizeSymbol[]): SizeExpression | undefined {
  const base = first(extent);
  const factors = symbols.filter((_, i) => extent[1 + i] !== base);
  const product = factors.reduce((n, symbol) => n * first(symbol.sizes), 1);
  if (base === 0) return undefined;
  if (base % product === 0)
    return { constant: 0, terms: [{ coefficient: base / product, divisor: 1, symbols: factors }] };
  if (product % base === 0)
    return { constant: 0, terms: [{ coefficient: 1, divisor: product / base, symbols: factors }] };
  return undefined;
}

function fitSum(extent: Extent, symbols: readonly SizeSymbol[]): SizeExpression | undefined {
  const base = first(extent);
  let constant = base;
  const terms: SizeExpression['terms'][number][] = [];
  symbols.forEach((symbol, i) => {
    const slope = ((extent[1 + i] ?? 0) - base) / ((symbol.sizes[1 + i] ?? 0) - first(symbol.sizes));
    if (slope === 0) return;
    terms.push({ coefficient: slope, divisor: 1, symbols: [symbol] });
    constant -= slope * first(symbol.sizes);
  });
  return terms.every(({ coefficient }) => Number.isInteger(coefficient)) ? { constant, terms } : undefined;
}

function evaluate({ constant, terms }: SizeExpression, trace: number): number {
  return terms.reduce(
    (sum, { coefficient, divisor, symbols }) =>
      sum + symbols.reduce((n, { sizes }) => n * (sizes[trace] ?? 0), coefficient) / divisor,
    constant,
  );
}

/** `batch*12`, `time+1`: the name that the extent has in the file. */
export function formatExpression({ constant, terms }: SizeExpression): string {
  const text = terms
    .map(({ coefficient, divisor, symbols }, i) => {
      const names = symbols.map((symbol) => symbol.name).join('*');
      const magnitude = Math.abs(coefficient);
      const sign = coefficient < 0 ? '-' : i > 0 ? '+' : '';
      return `${sign}${names}${magnitude === 1 ? '' : `*${magnitude}`}${divisor === 1 ? '' : `/${divisor}`}`;
    })
    .join('');
  return constant === 0 ? text : `${text}${constant > 0 ? '+' : ''}${constant}`;
}
