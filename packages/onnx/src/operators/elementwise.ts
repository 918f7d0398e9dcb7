/** Leaves that are numbers, and operations on one element at a time. All of them leave broadcasting to their users. */
import type { Formula } from '@hebb/tensor/formulas';
import { elementTypes } from '../schema.ts';
import type { Value } from '../emitter.ts';
import { first, isStatic, type Extent } from '../extents.ts';
import type { Site } from '../site.ts';

/** The rule of a primitive with an ONNX operator of the same meaning that broadcasts. */
export function elementwise(opType: string): (site: Site) => Value {
  return (site) => site.elementwise(opType);
}

/**
 * eˣ − 1 = tanh(x/2) · (eˣ + 1), for which ONNX has no operator. Nothing cancels in a product and a sum of positive terms, so it is as
 * accurate as the runtime's `Tanh` and `Exp`, from −∞ (−1) to ∞.
 */
export function expm1(site: Site<'expm1'>): Value {
  const x = site.input(0);
  const half = site.elementwise('Mul', [x, site.emitter.scalar('float32', 0.5)]);
  const sum = site.elementwise('Add', [site.elementwise('Exp', [x]), site.emitter.scalar('float32', 1)]);
  return site.elementwise('Mul', [site.elementwise('Tanh', [half]), sum]);
}

/**
 * ln(1 + x), for which ONNX has no operator: with u = 1 + x rounded, ln u · x / (u − 1), whose factor takes back what the rounding did
 * (W. Kahan; D. Goldberg, "What every computer scientist should know about floating-point arithmetic", 1991, theorem 4). x where u is 1,
 * and ln u where u − 1 is x, which covers −1 and ∞.
 */
export function log1p(site: Site<'log1p'>): Value {
  const x = site.input(0);
  const one = site.emitter.scalar('float32', 1);
  const u = site.elementwise('Add', [x, one]);
  const difference = site.elementwise('Sub', [u, one]);
  const logarithm = site.elementwise('Log', [u]);
  const corrected = site.elementwise('Mul', [logarithm, site.elementwise('Div', [x, difference])]);
  const bool = { dtype: 'bool' } as const;
  const exact = site.elementwise('Equal', [difference, x], bool);
  const tiny = site.elementwise('Equal', [difference, site.emitter.scalar('float32', 0)], bool);
  return site.elementwise('Where', [tiny, x, site.elementwise('Where', [exact, logarithm, corrected])]);
}

/** 2ˣ, which ONNX has as a power alone. */
export function exp2(site: Site<'exp2'>): Value {
  return site.elementwise('Pow', [site.emitter.scalar('float32', 2), site.input(0)]);
}

/** A logarithm to another base than e, of which ONNX has none. */
export function scaledLog(factor: number): (site: Site) => Value {
  return (site) => site.elementwise('Mul', [site.elementwise('Log'), site.emitter.scalar('float32', factor)]);
}

export function fmod(site: Site<'fmod'>): Value {
  return site.elementwise('Mod', site.inputs, { attributes: { fmod: 1 } });
}

const formulaOperators = {
  ...{
    neg: 'Neg',
    abs: 'Abs',
    sqrt: 'Sqrt',
    exp: 'Exp',
    log: 'Log',
    floor: 'Floor',
    round: 'Round',
    sin: 'Sin',
    cos: 'Cos',
  },
  ...{
    add: 'Add',
    sub: 'Sub',
    mul: 'Mul',
    div: 'Div',
    less: 'Less',
    lessEqual: 'LessOrEqual',
    equal: 'Equal',
    and: 'And',
  },
} as const;

/** A primitive for which ONNX has no operator, as the formula by which devices compute it. */
export function formula(definition: Formula): (site: Site) => Value {
  return (site) =>
    definition<Value>(site.input(0), {
      constant: (value) => site.emitter.scalar('float32', value),
      unary: (operator, x) => site.elementwise(formulaOperators[operator], [x]),
      binary: (operator, a, b) => {
        if (operator === 'copySign') return withSign(site, site.elementwise('Abs', [a]), b);
        const condition = ['less', 'lessEqual', 'equal', 'and'].includes(operator);
        return site.elementwise(formulaOperators[operator], [a, b], condition ? { dtype: 'bool' } : {});
      },
      select: (condition, ifTrue, ifFalse) => site.elementwise('Where', [condition, ifTrue, ifFalse]),
    });
}

/** Toward zero, which ONNX lacks: the floor of the magnitude with the sign of x; −0 for −½ as everywhere. */
export function trunc(site: Site<'trunc'>): Value {
  const x = site.input(0);
  return withSign(site, site.elementwise('Floor', [site.elementwise('Abs', [x])]), x);
}

/** ±|magnitude| by the sign of `sign`: that of a zero shows in 1 / 0; a NaN counts as positive. */
function withSign(site: Site, magnitude: Value, sign: Value): Value {
  const bool = { dtype: 'bool' } as const;
  const zero = site.emitter.scalar('float32', 0);
  const one = site.emitter.scalar('float32', 1);
  const below = site.elementwise('Less', [sign, zero], bool);
  const inverse = site.elementwise('Less', [site.elementwise('Div', [one, sign]), zero], bool);
  const negative = site.elementwise('Or', [below, inverse], bool);
  // A factor, since a choice made by onnxruntime loses the sign of zeros.
  const factor = site.elementwise('Where', [negative, site.emitter.scalar('float32', -1), one]);
  return site.elementwise('Mul', [magnitude, factor]);
}

export function copySign(site: Site<'copySign'>): Value {
  return withSign(site, site.elementwise('Abs', [site.input(0)]), site.input(1));
}

export function cast(site: Site<'cast'>): Value {
  return site.elementwise('Cast', site.inputs, { attributes: { to: elementTypes[site.dtype] } });
}

export function notEqual(site: Site<'notEqual'>): Value {
  const equal = site.elementwise('Equal');
  return site.elementwise('Not', [equal]);
}

/** `Where` has no variant for bool in onnxruntime. */
export function where(site: Site<'where'>): Value {
  if (site.dtype !== 'bool') return site.elementwise('Where');
  const [condition, a, b] = [site.input(0), site.input(1), site.input(2)];
  const negated = site.elementwise('Not', [condition]);
  return site.elementwise('Or', [site.elementwise('And', [condition, a]), site.elementwise('And', [negated, b])]);
}

export function scalar(site: Site<'scalar'>): Value {
  const values = site.list(({ value }) => [value])[0] as Extent;
  if (!isStatic(values))
    site.fail(`its value depends on the sizes of the inputs: ${site.emitter.describeValues(values)}`);
  return site.emitter.scalar(site.dtype, first(values));
}

/** One number; where it depends on sizes (the 1/n of a mean), the computation of that number. */
export function constant(site: Site<'constant'>): Value {
  const values = site.list(({ value }) => [value])[0] as Extent;
  if (values.every((value) => Object.is(value, values[0]))) return site.emitter.scalar(site.dtype, first(values));
  const size = sizeScalar(site, values);
  if (size !== undefined) return size;
  const inverse = values.map((value) => nearInteger(1 / value));
  const divisor = inverse.every((n) => n !== undefined) ? sizeScalar(site, inverse) : undefined;
  if (divisor !== undefined) return site.elementwise('Reciprocal', [divisor]);
  return site.fail(
    `its value is neither a sum of products of sizes nor the inverse of one: ${site.emitter.describeValues(values)}`,
  );
}

function sizeScalar(site: Site<'constant'>, values: Extent): Value | undefined {
  if (site.emitter.expression(values) === undefined) return undefined;
  const size = site.emitter.extentScalar(values);
  if (size === undefined) return undefined;
  return site.emit('Cast', [size], { extents: [], attributes: { to: elementTypes[site.dtype] } });
}

function nearInteger(value: number): number | undefined {
  const rounded = Math.round(value);
  return Math.abs(value - rounded) <= 1e-9 * Math.abs(value) ? rounded : undefined;
}

export function iota(site: Site<'iota'>): Value {
  const axis = site.fixed('axis');
  const extent = site.extents[axis] ?? [];
  const trailing = site.extents.length - axis - 1;
  const extents = [extent, ...new Array<Extent>(trailing).fill(site.emitter.fixed(1))];
  if (isStatic(extent)) {
    const length = first(extent);
    const name = site.emitter.builder.constant(
      'int32',
      [length, ...new Array<number>(trailing).fill(1)],
      Array.from({ length }, (_, i) => i),
    );
    return { name, dtype: 'int32', extents };
  }
  const size =
    site.emitter.extentScalar(extent) ?? site.fail('its length does not follow from the sizes of the inputs');
  const limit = site.emit('Cast', [size], { extents: [], attributes: { to: elementTypes.int32 } });
  const range = site.emit('Range', [site.emitter.scalar('int32', 0), limit, site.emitter.scalar('int32', 1)], {
    extents: [extent],
  });
  if (trailing === 0) return range;
  return site.emit('Unsqueeze', [range, site.emitter.ints(Array.from({ length: trailing }, (_, i) => i + 1))], {
    extents,
  });
}

export function random(site: Site<'random'>): Value {
  return site.fail(
    'it draws random numbers',
    'Call eval() on the modules that draw them (dropout), and export without the rest.',
  );
}
