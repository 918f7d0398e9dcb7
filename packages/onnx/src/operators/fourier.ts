/**
 * Discrete Fourier transforms. `DFT` of onnxruntime is exact for powers of two (5e-7 of the largest result) and loses digits with the length otherwise (1e-5
 * for 100, 2e-4 for 1,000), where products with matrices, of which the body is made, do not: so of fixed lengths only powers of two are written by it,
 * and all that are free, for which there are no matrices.
 */
import type { Value } from '../emitter.ts';
import { first, isStatic, type Extent } from '../extents.ts';
import type { Site } from '../site.ts';
import { elementTypes } from '../schema.ts';
import { numberOf, optionsOf, type CompositeRule } from './composite-rule.ts';

const isPowerOfTwo = (n: number): boolean => n > 0 && (n & (n - 1)) === 0;

/** The length of the signal, which is as long as x (or as the half that x is) where it is not given. */
function lengthOf(site: Site<'composite'>, isHalf = false): Extent {
  const { axis, length } = { axis: numberOf(optionsOf(site), 'axis'), length: numberOf(optionsOf(site), 'length') };
  if (length > 0) return site.emitter.fixed(length);
  const own = site.inputExtents(0)[axis] ?? [];
  return isHalf ? own.map((n) => 2 * (n - 1)) : own;
}

function isWritten(site: Site<'composite'>, isHalf = false): boolean {
  const length = lengthOf(site, isHalf);
  const isFilled = [...site.inputExtents(0), ...site.extents].every((extent) => extent.every((n) => n > 0));
  return site.node.inputs[0]?.dtype === 'float32' && isFilled && (!isStatic(length) || isPowerOfTwo(first(length)));
}

interface Direction {
  readonly inverse?: boolean;
  readonly onesided?: boolean;
}

/** `DFT` of x, whose last axis is of the parts of a number, and the norm. */
function transform(
  site: Site<'composite'>,
  x: Value,
  length: Extent,
  { inverse = false, onesided = false }: Direction,
  extents: readonly Extent[],
): Value {
  const { emitter } = site;
  const options = optionsOf(site);
  const axis = numberOf(options, 'axis');
  const isGiven = numberOf(options, 'length') > 0 || (inverse && onesided);
  const vector = isGiven ? site.extentVector('length', length) : undefined;
  const count =
    vector === undefined
      ? ''
      : emitter.builder.node('Squeeze', [vector, emitter.ints([0])], {}, site.name('DFT/length'));
  const flags = { inverse: inverse ? 1 : 0, onesided: onesided ? 1 : 0 };
  const result =
    emitter.opset >= 20
      ? site.emit('DFT', [x, count, emitter.builder.constant('int64', [], [axis])], { attributes: flags, extents })
      : site.emit('DFT', count === '' ? [x] : [x, count], { attributes: { ...flags, axis }, extents });
  return normalized(site, result, length, inverse);
}

/** ONNX divides the inverse by the length. */
function normalized(site: Site<'composite'>, x: Value, length: Extent, inverse: boolean): Value {
  const { norm } = optionsOf(site);
  const power = norm === 'ortho' ? (inverse ? 0.5 : -0.5) : norm === 'forward' ? (inverse ? 1 : -1) : 0;
  if (power === 0) return x;
  const options = { extents: x.extents };
  if (isStatic(length)) return site.emit('Mul', [x, site.emitter.scalar('float32', first(length) ** power)], options);
  const size: Value = { name: site.extentVector('length', length), dtype: 'int64', extents: [site.emitter.fixed(1)] };
  const number = site.emit('Cast', [size], {
    dtype: 'float32',
    extents: size.extents,
    attributes: { to: elementTypes.float32 },
  });
  const factor = site.emit('Pow', [number, site.emitter.scalar('float32', power)], { extents: size.extents });
  return site.emit('Mul', [x, factor], options);
}

export const complexTransform: CompositeRule = {
  covers: (site) => isWritten(site),
  write: (site) => {
    const inverse = numberOf(optionsOf(site), 'sign') > 0;
    return transform(site, site.full(0), lengthOf(site), { inverse }, site.extents);
  },
};

export const realTransform: CompositeRule = {
  covers: (site) => isWritten(site),
  write: (site) => {
    const x = site.full(0);
    const one = site.emitter.fixed(1);
    const parts = site.emit('Unsqueeze', [x, site.emitter.ints([x.extents.length])], { extents: [...x.extents, one] });
    return transform(site, parts, lengthOf(site), { onesided: true }, site.extents);
  },
};

export const realInverse: CompositeRule = {
  since: 20,
  covers: (site) => {
    const half = site.inputExtents(0)[numberOf(optionsOf(site), 'axis')] ?? [];
    const isWhole = lengthOf(site, true).every((n, trace) => Math.floor(n / 2) + 1 === half[trace]);
    return isWhole && isWritten(site, true);
  },
  write: (site) => {
    const one = site.emitter.fixed(1);
    const direction = { inverse: true, onesided: true };
    const parts = transform(site, site.full(0), lengthOf(site, true), direction, [...site.extents, one]);
    return site.emit('Squeeze', [parts, site.emitter.ints([site.extents.length])]);
  },
};
