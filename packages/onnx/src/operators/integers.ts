/** Division, shifts and bits of int32. */
import type { Primitive } from '@hebb/tensor/graph';
import type { Value } from '../emitter.ts';
import { elementTypes } from '../schema.ts';
import type { Site } from '../site.ts';

/** The operator of bool, or from opset 18 on that of int32. */
export function bits<P extends Primitive>(ofBool: string, ofInteger: string): (site: Site<P>) => Value {
  return (site) => {
    if (site.dtype === 'bool') return site.elementwise(ofBool);
    if (site.emitter.opset < 18)
      site.fail(`ONNX has ${ofInteger} from opset 18 on`, 'Export with opset 18 or a later one.');
    return site.elementwise(ofInteger);
  };
}

const int64 = { dtype: 'int64' } as const;

function wide(site: Site, x: Value): Value {
  return site.elementwise('Cast', [x], { ...int64, attributes: { to: elementTypes.int64 } });
}

/** Modulo 2³², as the conversion of int64 is. */
function narrow(site: Site, x: Value): Value {
  return site.elementwise('Cast', [x], { dtype: 'int32', attributes: { to: elementTypes.int32 } });
}

/** ⌊a / b⌋ of int64: `Div` rounds toward zero, and the remainder by which it is exact, `Mod`, has the sign of b. */
function floored(site: Site, a: Value, b: Value): Value {
  const rest = site.elementwise('Mod', [a, b], int64);
  return site.elementwise('Div', [site.elementwise('Sub', [a, rest], int64), b], int64);
}

/** In int64, in which −2³¹ / −1 does not overflow; b = 0, on which runtimes may trap, is divided by 1. */
export function floorDivide(site: Site<'floorDivide'>): Value {
  const [a, b] = [site.input(0), site.input(1)];
  const zero = site.emitter.scalar('int32', 0);
  const none = site.elementwise('Equal', [b, zero], { dtype: 'bool' });
  const divisor = site.elementwise('Where', [none, site.emitter.scalar('int32', 1), b]);
  const quotient = narrow(site, floored(site, wide(site, a), wide(site, divisor)));
  return site.elementwise('Where', [none, zero, quotient]);
}

/** Whether a count is in 0 … 31, and 2 to the power of it as int64, or of 0; ONNX shifts unsigned integers alone. */
function powerOfTwo(site: Site, count: Value): { inside: Value; power: Value } {
  const bool = { dtype: 'bool' } as const;
  const [zero, limit] = [site.emitter.scalar('int32', 0), site.emitter.scalar('int32', 32)];
  const notBelow = site.elementwise('Not', [site.elementwise('Less', [count, zero], bool)], bool);
  const inside = site.elementwise('And', [notBelow, site.elementwise('Less', [count, limit], bool)], bool);
  const exponent = site.elementwise('Where', [inside, count, zero]);
  const float = site.elementwise('Cast', [exponent], { dtype: 'float32', attributes: { to: elementTypes.float32 } });
  const power = site.elementwise('Pow', [site.emitter.scalar('float32', 2), float], { dtype: 'float32' });
  return { inside, power: wide(site, power) };
}

export function shiftLeft(site: Site<'shiftLeft'>): Value {
  const { inside, power } = powerOfTwo(site, site.input(1));
  const shifted = narrow(site, site.elementwise('Mul', [wide(site, site.input(0)), power], int64));
  return site.elementwise('Where', [inside, shifted, site.emitter.scalar('int32', 0)]);
}

export function shiftRight(site: Site<'shiftRight'>): Value {
  const a = site.input(0);
  const { inside, power } = powerOfTwo(site, site.input(1));
  const shifted = narrow(site, floored(site, wide(site, a), power));
  const negative = site.elementwise('Less', [a, site.emitter.scalar('int32', 0)], { dtype: 'bool' });
  const sign = site.elementwise('Where', [negative, site.emitter.scalar('int32', -1), site.emitter.scalar('int32', 0)]);
  return site.elementwise('Where', [inside, shifted, sign]);
}
