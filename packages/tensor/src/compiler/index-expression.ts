/**
 * Integer arithmetic over loop axes, kept in one normal form: a constant plus a sum of coefficient × atom, where an atom is
 * an axis, a floor division or a remainder of another index, or a value known only at run time. The constructors simplify
 * with the known ranges, so that reshapes, transposes and slices of a view chain melt into strides wherever they can.
 *
 * Whoever looks into indices does it through {@link mapAtoms} and {@link visitAtoms}, or knows what it does with every kind of atom.
 */
import type { Expression } from './kernel.ts';

/** A loop axis of a kernel; its variable runs over 0 … extent − 1. */
export interface Axis {
  readonly kind: 'axis';
  readonly id: number;
  readonly extent: number;
  readonly min: 0;
  readonly max: number;
  /**
   * Where a backend's code leaves open how long the axis is: `times` what a quantity says when it runs. `extent` then is more than that can be, and divisible by nothing that matters but `times`.
   */
  readonly open: OpenExtent | undefined;
}

export interface OpenExtent {
  readonly quantity: number;
  readonly times: number;
}

/** ⌊index / divisor⌋; `index` is never negative, so unsigned division is right. */
export interface Division {
  readonly kind: 'div';
  readonly id: number;
  readonly index: Index;
  readonly divisor: number;
  readonly min: number;
  readonly max: number;
}

/** index mod divisor; `index` is never negative. */
export interface Remainder {
  readonly kind: 'mod';
  readonly id: number;
  readonly index: Index;
  readonly divisor: number;
  readonly min: number;
  readonly max: number;
}

/**
 * A position known only at run time: the value of an i32 expression that is never outside of min … max, whatever it reads; whoever
 * makes one clamps it. Made by `positionOf` in expressions.ts.
 */
export interface RunTimePosition {
  readonly kind: 'value';
  readonly id: number;
  readonly expression: Expression;
  /** The axes that the expression depends on. */
  readonly axes: ReadonlySet<Axis>;
  readonly min: number;
  readonly max: number;
}

export type Atom = Axis | Division | Remainder | RunTimePosition;

export interface Term {
  readonly coefficient: number;
  readonly atom: Atom;
}

/** constant + Σ coefficient · atom, with bounds. Terms are ordered by atom id and have non-zero coefficients. */
export interface Index {
  readonly constant: number;
  readonly terms: readonly Term[];
  readonly min: number;
  readonly max: number;
}

let nextAtom = 1;

export function makeAxis(extent: number): Axis {
  return openAxis(extent, undefined);
}

/** An axis of which code leaves open how long it is, unless that is undefined. */
export function openAxis(extent: number, open: OpenExtent | undefined): Axis {
  return { kind: 'axis', id: nextAtom++, extent, min: 0, max: Math.max(extent - 1, 0), open };
}

// Walks over terms are plain loops here: most of them run before the engine has compiled them, and `for … of` makes an object for each term until then.

function build(constant: number, terms: readonly Term[]): Index {
  let min = constant;
  let max = constant;
  for (let i = 0; i < terms.length; i++) {
    const { coefficient, atom } = terms[i] as Term;
    min += coefficient * (coefficient > 0 ? atom.min : atom.max);
    max += coefficient * (coefficient > 0 ? atom.max : atom.min);
  }
  return { constant, terms, min, max };
}

const noTerms: readonly Term[] = [];

export function constantIndex(value: number): Index {
  // No constant is −0.
  const constant = value + 0;
  return { constant, terms: noTerms, min: constant, max: constant };
}

/** index + amount. */
function shiftIndex(index: Index, amount: number): Index {
  if (amount === 0) return index;
  const { constant, terms, min, max } = index;
  return { constant: constant + amount, terms, min: min + amount, max: max + amount };
}

/** The index that is just the axis; an axis of extent 1 is the constant 0. */
export function axisIndex(axis: Axis): Index {
  return axis.extent <= 1 ? constantIndex(0) : build(0, [{ coefficient: 1, atom: axis }]);
}

export function addIndex(a: Index, b: Index): Index {
  if (a.terms.length === 0) return shiftIndex(b, a.constant);
  if (b.terms.length === 0) return shiftIndex(a, b.constant);
  const terms: Term[] = [];
  let i = 0;
  let j = 0;
  while (i < a.terms.length || j < b.terms.length) {
    const left = a.terms[i];
    const right = b.terms[j];
    if (right === undefined || (left !== undefined && left.atom.id < right.atom.id)) {
      if (left !== undefined) terms.push(left);
      i++;
    } else if (left === undefined || right.atom.id < left.atom.id) {
      terms.push(right);
      j++;
    } else {
      const coefficient = left.coefficient + right.coefficient;
      if (coefficient !== 0) terms.push({ coefficient, atom: left.atom });
      i++;
      j++;
    }
  }
  return recombine(build(a.constant + b.constant, terms));
}

export function scaleIndex(a: Index, factor: number): Index {
  if (factor === 0) return constantIndex(0);
  if (factor === 1) return a;
  return build(
    a.constant * factor + 0,
    a.terms.map(({ coefficient, atom }) => ({ coefficient: coefficient * factor, atom })),
  );
}

export function sumIndex(parts: readonly Index[]): Index {
  let total = constantIndex(0);
  for (const part of parts) total = addIndex(total, part);
  return total;
}

/** Undoes splits that a later merge made pointless: two terms, of which one is a remainder, that are one. */
function recombine(index: Index): Index {
  const { terms } = index;
  for (let i = 0; i < terms.length; i++) {
    const fine = terms[i] as Term;
    if (fine.atom.kind !== 'mod') continue;
    for (const coarse of terms) {
      const joined = join(coarse, fine, fine.atom);
      if (joined === undefined) continue;
      const rest = terms.filter((term) => term !== coarse && term !== fine);
      return addIndex(build(index.constant, rest), scaleIndex(joined, fine.coefficient));
    }
  }
  return index;
}

/** coarse + fine, divided by the coefficient of `fine`, where they are one. */
function join({ atom: coarse, coefficient }: Term, fine: Term, { index, divisor }: Remainder): Index | undefined {
  if ((coarse.kind !== 'div' && coarse.kind !== 'mod') || coefficient !== fine.coefficient * divisor) return undefined;
  if (coarse.kind === 'mod') {
    // d · (⌊x/d⌋ mod e) + x mod d is x mod d·e.
    const quotient = divisionIn(coarse.index);
    return quotient?.divisor === divisor && sameIndex(quotient.index, index)
      ? remainderIndex(index, divisor * coarse.divisor)
      : undefined;
  }
  // d · ⌊x/d⌋ + x mod d is x.
  if (coarse.divisor === divisor && sameIndex(coarse.index, index)) return index;
  // d · ⌊x/(d·e)⌋ + ⌊x/e⌋ mod d is ⌊x/e⌋.
  const quotient = divisionIn(index);
  return quotient !== undefined &&
    coarse.divisor === quotient.divisor * divisor &&
    sameIndex(coarse.index, quotient.index)
    ? index
    : undefined;
}

/** The division that the index is, and nothing beside it. */
function divisionIn({ constant, terms }: Index): Division | undefined {
  const term = terms[0];
  return terms.length === 1 && constant === 0 && term?.coefficient === 1 && term.atom.kind === 'div'
    ? term.atom
    : undefined;
}

/** Whether two indices are the same sum. */
export function sameIndex(a: Index, b: Index): boolean {
  if (a === b) return true;
  if (a.constant !== b.constant || a.terms.length !== b.terms.length) return false;
  return a.terms.every((term, i) => term.coefficient === b.terms[i]?.coefficient && term.atom === b.terms[i]?.atom);
}

// Atoms are interned so that equal sub-indices are one object. The table lives as long as one compilation.
let internTable = new Map<number, (Division | Remainder)[]>();

/** Forgets interned atoms; called between compilations. */
export function resetIndexInterning(): void {
  internTable = new Map();
}

function intern(kind: 'div' | 'mod', index: Index, divisor: number): Index {
  let hash = Math.imul(divisor ^ index.constant, 0x01000193) ^ (kind === 'div' ? 0 : 1);
  for (let i = 0; i < index.terms.length; i++) {
    const { coefficient, atom: part } = index.terms[i] as Term;
    hash = Math.imul(Math.imul(hash ^ coefficient, 0x01000193) ^ part.id, 0x01000193);
  }
  let bucket = internTable.get(hash);
  if (bucket === undefined) internTable.set(hash, (bucket = []));
  let atom = bucket.find((one) => one.kind === kind && one.divisor === divisor && sameIndex(one.index, index));
  if (atom === undefined) {
    atom =
      kind === 'div'
        ? {
            kind,
            id: nextAtom++,
            index,
            divisor,
            min: Math.floor(index.min / divisor),
            max: Math.floor(index.max / divisor),
          }
        : { kind, id: nextAtom++, index, divisor, min: 0, max: Math.min(divisor - 1, index.max) };
    bucket.push(atom);
  }
  return build(0, [{ coefficient: 1, atom }]);
}

/** Splits an index into the part that `divisor` divides termwise and the rest. */
function splitMultiples(index: Index, divisor: number): { multiple: Index; rest: Index } {
  const multiples: Term[] = [];
  const others: Term[] = [];
  for (let i = 0; i < index.terms.length; i++) {
    const term = index.terms[i] as Term;
    if (term.coefficient % divisor === 0) multiples.push({ coefficient: term.coefficient / divisor, atom: term.atom });
    else others.push(term);
  }
  const quotient = Math.floor(index.constant / divisor);
  return { multiple: build(quotient, multiples), rest: build(index.constant - quotient * divisor, others) };
}

/** ⌊index / divisor⌋ for a positive divisor, rounding toward −∞. */
export function divideIndex(index: Index, divisor: number): Index {
  if (divisor === 1) return index;
  const { multiple, rest } = splitMultiples(index, divisor);
  const low = Math.floor(rest.min / divisor);
  if (low === Math.floor(rest.max / divisor)) return addIndex(multiple, constantIndex(low));
  // Shift the rest to be non-negative: ⌊(r − low·d)/d⌋ + low.
  const shifted = addIndex(rest, constantIndex(-low * divisor));
  const common = commonDivisor(shifted, divisor);
  if (common > 1) {
    const reduced = build(
      Math.floor(shifted.constant / common),
      shifted.terms.map((t) => ({ ...t, coefficient: t.coefficient / common })),
    );
    return addIndex(addIndex(multiple, constantIndex(low)), divideIndex(reduced, divisor / common));
  }
  const coarse = coarsePart(shifted, divisor);
  if (coarse !== undefined) {
    return addIndex(addIndex(multiple, constantIndex(low)), divideIndex(coarse.index, divisor / coarse.step));
  }
  const only = divisionIn(shifted);
  if (only !== undefined) {
    return addIndex(addIndex(multiple, constantIndex(low)), divideIndex(only.index, only.divisor * divisor));
  }
  return addIndex(addIndex(multiple, constantIndex(low)), intern('div', shifted, divisor));
}

/** index mod divisor for a positive divisor, in 0 … divisor − 1. */
export function remainderIndex(index: Index, divisor: number): Index {
  if (divisor === 1) return constantIndex(0);
  const { rest } = splitMultiples(index, divisor);
  const low = Math.floor(rest.min / divisor);
  if (low === Math.floor(rest.max / divisor)) return addIndex(rest, constantIndex(-low * divisor));
  const shifted = addIndex(rest, constantIndex(-low * divisor));
  const common = commonDivisor(shifted, divisor);
  if (common > 1 && shifted.constant % common === 0) {
    const reduced = build(
      shifted.constant / common,
      shifted.terms.map((t) => ({ ...t, coefficient: t.coefficient / common })),
    );
    return scaleIndex(remainderIndex(reduced, divisor / common), common);
  }
  const coarse = coarsePart(shifted, divisor);
  if (coarse !== undefined)
    return addIndex(scaleIndex(remainderIndex(coarse.index, divisor / coarse.step), coarse.step), coarse.rest);
  return intern('mod', shifted, divisor);
}

/** The index as step · index + rest with 0 ≤ rest < step, of which only the first part says what its quotient by a multiple of the step is. */
function coarsePart(
  index: Index,
  divisor: number,
): { readonly step: number; readonly index: Index; readonly rest: Index } | undefined {
  const steps = new Set(index.terms.map(({ coefficient }) => gcd(divisor, Math.abs(coefficient))));
  for (const step of [...steps].sort((a, b) => b - a)) {
    if (step === 1) return undefined;
    const { multiple, rest } = splitMultiples(index, step);
    if (multiple.terms.length > 0 && rest.terms.length > 0 && rest.min >= 0 && rest.max < step)
      return { step, index: multiple, rest };
  }
  return undefined;
}

/** Greatest common divisor of all coefficients and the divisor (the constant aside). */
function commonDivisor(index: Index, divisor: number): number {
  let common = divisor;
  for (const { coefficient } of index.terms) common = gcd(common, Math.abs(coefficient));
  return common;
}

function gcd(a: number, b: number): number {
  while (b !== 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/** The index that is just a position known at run time. */
export function runTimeIndex(
  expression: Expression,
  axes: ReadonlySet<Axis>,
  { min, max }: { readonly min: number; readonly max: number },
): Index {
  const atom: RunTimePosition = { kind: 'value', id: nextAtom++, expression, axes, min, max };
  return build(0, [{ coefficient: 1, atom }]);
}

/** Replaces axes and run-time positions, also inside of divisions and remainders, and simplifies again. */
export function mapAtoms(index: Index, map: (atom: Axis | RunTimePosition) => Index): Index {
  let total = constantIndex(index.constant);
  for (let i = 0; i < index.terms.length; i++) {
    const { coefficient, atom } = index.terms[i] as Term;
    let value: Index;
    if (atom.kind === 'axis' || atom.kind === 'value') value = map(atom);
    else if (atom.kind === 'div') value = divideIndex(mapAtoms(atom.index, map), atom.divisor);
    else value = remainderIndex(mapAtoms(atom.index, map), atom.divisor);
    total = addIndex(total, scaleIndex(value, coefficient));
  }
  return total;
}

/** Visits every axis and run-time position of the index, also inside of divisions and remainders. */
export function visitAtoms(index: Index, visit: (atom: Axis | RunTimePosition) => void): void {
  for (let i = 0; i < index.terms.length; i++) {
    const { atom } = index.terms[i] as Term;
    if (atom.kind === 'axis' || atom.kind === 'value') visit(atom);
    else visitAtoms(atom.index, visit);
  }
}

/** The value of an index under given axis values (0 for axes not given); `position` gives the positions known only at run time. */
export function evaluateIndex(
  index: Index,
  values: ReadonlyMap<Axis, number>,
  position?: (atom: RunTimePosition) => number,
): number {
  let total = index.constant;
  for (const { coefficient, atom } of index.terms) {
    let value: number;
    if (atom.kind === 'axis') value = values.get(atom) ?? 0;
    else if (atom.kind === 'value') {
      if (position === undefined) throw new Error('internal: a position known only at run time has no value here');
      value = position(atom);
    } else if (atom.kind === 'div') value = Math.floor(evaluateIndex(atom.index, values, position) / atom.divisor);
    else {
      const inner = evaluateIndex(atom.index, values, position);
      value = inner - Math.floor(inner / atom.divisor) * atom.divisor;
    }
    total += coefficient * value;
  }
  return total;
}

/** Adds to `axes` every axis that the index depends on. */
export function collectAxes(index: Index, axes: Set<Axis>): void {
  visitAtoms(index, (atom) => {
    if (atom.kind === 'axis') axes.add(atom);
    else for (const axis of atom.axes) axes.add(axis);
  });
}

function atomDependsOn(atom: Atom, axis: Axis): boolean {
  if (atom.kind === 'axis') return atom === axis;
  return atom.kind === 'value' ? atom.axes.has(axis) : dependsOn(atom.index, axis);
}

export function dependsOn(index: Index, axis: Axis): boolean {
  return index.terms.some(({ atom }) => atomDependsOn(atom, axis));
}

/**
 * The stride of the index along an axis: its coefficient where the axis occurs only linearly, `undefined` where it occurs
 * inside a division, a remainder or a position known only at run time.
 */
export function strideAlong(index: Index, axis: Axis): number | undefined {
  let stride = 0;
  for (let i = 0; i < index.terms.length; i++) {
    const { coefficient, atom } = index.terms[i] as Term;
    if (atom === axis) stride = coefficient;
    else if (atomDependsOn(atom, axis)) return undefined;
  }
  return stride;
}

/** Whether an index is a sum of multiples of axes, without quotients and remainders. */
export function isLinear({ terms }: Index): boolean {
  return terms.every(({ atom }) => atom.kind === 'axis');
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : greatestCommonDivisor(b, a % b);
}
