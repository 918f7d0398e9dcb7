/**
 * The bits of a number as another number. ONNX has BitCast from opset 26 on; before, they are computed in float64, in which nothing rounds. There every NaN has
 * the bits 0x7fc00000: computing does not see what is inside of one.
 */
import { elementTypes } from '../schema.ts';
import type { Value } from '../emitter.ts';
import type { ElementType } from '../builder.ts';
import type { Site } from '../site.ts';

/** Operators on one element at a time, in the types that the computation needs. */
class Arithmetic {
  readonly #site: Site;

  constructor(site: Site) {
    this.#site = site;
  }

  constant(dtype: ElementType, value: number): Value {
    return { name: this.#site.emitter.builder.constant(dtype, [], [value]), dtype, extents: [] };
  }

  apply(opType: string, dtype: ElementType, ...inputs: readonly Value[]): Value {
    return this.#site.elementwise(opType, inputs, { dtype });
  }

  cast(x: Value, dtype: ElementType): Value {
    return this.#site.elementwise('Cast', [x], { dtype, attributes: { to: elementTypes[dtype] } });
  }
}

export function bitcast(site: Site<'bitcast'>): Value {
  const x = site.input(0);
  const to = site.fixed('dtype');
  if (x.dtype === to) return x;
  if (site.emitter.opset >= 26) return site.elementwise('BitCast', [x], { attributes: { to: elementTypes[to] } });
  const arithmetic = new Arithmetic(site);
  return to === 'int32' ? bitsOf(arithmetic, x) : numberOf(arithmetic, x);
}

/** |x| = m · 2ᵉ with m in [1, 2), below 2⁻¹²⁶ with e = −126 and m < 1: its bits are (m + e + 126) · 2²³. */
function bitsOf(on: Arithmetic, x: Value): Value {
  const number = (value: number): Value => on.constant('float64', value);
  const magnitude = on.cast(on.apply('Abs', 'float32', x), 'float64');
  const finite = on.apply('Min', 'float64', magnitude, number(2 ** 127 * (2 - 2 ** -23)));
  const positive = on.apply('Max', 'float64', finite, number(2 ** -126));
  // A logarithm that is rounded misses by one at most.
  const guess = on.apply('Floor', 'float64', on.apply('Mul', 'float64', on.apply('Log', 'float64', positive), number(Math.LOG2E))); // prettier-ignore
  const guessed = on.apply('Pow', 'float64', number(2), guess);
  const isAbove = on.apply('Less', 'bool', positive, guessed);
  const twice = on.apply('Mul', 'float64', guessed, number(2));
  const isBelow = on.apply('LessOrEqual', 'bool', twice, positive);
  const step = on.apply('Sub', 'float64', on.cast(isBelow, 'float64'), on.cast(isAbove, 'float64'));
  const exponent = on.apply('Add', 'float64', guess, step);
  const mantissa = on.apply('Div', 'float64', finite, on.apply('Pow', 'float64', number(2), exponent));
  const scaled = on.apply('Add', 'float64', mantissa, on.apply('Add', 'float64', exponent, number(126)));
  const bits = on.cast(on.apply('Mul', 'float64', scaled, number(2 ** 23)), 'int64');
  const integer = (value: number): Value => on.constant('int64', value);
  const infinite = on.apply('Where', 'int64', on.apply('Equal', 'bool', magnitude, number(Infinity)), integer(0x7f800000), bits); // prettier-ignore
  const isNumber = on.apply('Equal', 'bool', x, x);
  const unsigned = on.apply('Where', 'int64', isNumber, infinite, integer(0x7fc00000));
  const zero = on.constant('float32', 0);
  // The sign of a zero shows in 1 / 0.
  const inverse = on.apply('Div', 'float32', on.constant('float32', 1), x);
  const isNegative = on.apply('Or', 'bool', on.apply('Less', 'bool', x, zero), on.apply('Less', 'bool', inverse, zero));
  const sign = on.apply('Where', 'int64', isNegative, integer(-(2 ** 31)), integer(0));
  return on.cast(on.apply('Add', 'int64', unsigned, sign), 'int32');
}

/** ±(m + 2²³) · 2^(e − 150), m · 2⁻¹⁴⁹ where e is 0, of the bits' lowest 23 and the 8 above them; e = 255 is ∞ or NaN. */
function numberOf(on: Arithmetic, x: Value): Value {
  const integer = (value: number): Value => on.constant('int64', value);
  const number = (value: number): Value => on.constant('float64', value);
  const wide = on.cast(x, 'int64');
  const isNegative = on.apply('Less', 'bool', wide, integer(0));
  const bits = on.apply('Add', 'int64', wide, on.apply('Where', 'int64', isNegative, integer(2 ** 31), integer(0)));
  const exponent = on.apply('Div', 'int64', bits, integer(2 ** 23));
  const mantissa = on.cast(on.apply('Sub', 'int64', bits, on.apply('Mul', 'int64', exponent, integer(2 ** 23))), 'float64'); // prettier-ignore
  const isNormal = on.apply('Less', 'bool', integer(0), exponent);
  const whole = on.apply('Where', 'float64', isNormal, on.apply('Add', 'float64', mantissa, number(2 ** 23)), mantissa);
  const power = on.cast(on.apply('Max', 'int64', exponent, integer(1)), 'float64');
  const scale = on.apply('Pow', 'float64', number(2), on.apply('Sub', 'float64', power, number(150)));
  const finite = on.cast(on.apply('Mul', 'float64', whole, scale), 'float32');
  const isSpecial = on.apply('Equal', 'bool', exponent, integer(255));
  const isInfinite = on.apply('Equal', 'bool', mantissa, number(0));
  const special = on.apply(
    'Where',
    'float32',
    isInfinite,
    on.constant('float32', Infinity),
    on.constant('float32', NaN),
  );
  const magnitude = on.apply('Where', 'float32', isSpecial, special, finite);
  const sign = on.apply('Where', 'float32', isNegative, on.constant('float32', -1), on.constant('float32', 1));
  return on.apply('Mul', 'float32', magnitude, sign);
}
