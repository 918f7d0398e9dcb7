/** Element by element. */
import * as api from '../../../../packages/tensor/src/index.ts';
import type { Tensor } from '../../../../packages/tensor/src/index.ts';
import { binary, integer, mask, of, selecting, unary, ways, x, type Operation } from '../operation.ts';

const positive = { low: 0.2, high: 3 };
const within1 = { low: -0.9, high: 0.9, from: -1, to: 1 };
const integers = (f: (a: Tensor, b: Tensor) => Tensor): Operation =>
  of((a, b) => f(integer(a, 9), integer(b, 9)), [4, 6], [6]);

export const arithmetic = {
  add: binary((a, b) => a.add(b)),
  sub: binary((a, b) => a.sub(b)),
  mul: binary((a, b) => a.mul(b)),
  div: binary((a, b) => a.div(b), {}, { low: 0.4, high: 2 }),
  pow: binary((a, b) => a.abs().pow(b), { low: 0.3, high: 2 }),
  remainder: ways(
    of((a, b) => api.remainder(a, b), x([2, 3], { low: 1, high: 1.9 }), x([2, 3], { low: 0.61, high: 0.94 })),
    integers(api.remainder),
  ),
  fmod: binary(api.fmod, { low: 1, high: 1.9 }, { low: 0.61, high: 0.94 }),
  floorDivide: integers(api.floorDivide),
  neg: unary((a) => a.neg()),
  abs: unary((a) => a.abs()),
  sign: unary((a) => a.sign()),
  square: unary((a) => a.square()),
  reciprocal: unary((a) => a.reciprocal(), positive),
  sqrt: unary((a) => a.sqrt(), positive),
  rsqrt: unary((a) => a.rsqrt(), positive),
  hypot: binary(api.hypot),
  lerp: of((a, b, w) => api.lerp(a, b, w), [2, 3], [3], x([2, 1], { low: 0.1, high: 0.9, away: [0.5] })),
  copySign: binary(api.copySign),
  signBit: unary(api.signBit),
  maximum: binary((a, b) => a.maximum(b)),
  minimum: binary((a, b) => a.minimum(b)),
  clamp: unary((a) => a.clamp(-0.7, 1), { away: [-0.7, 1] }),
} satisfies Record<string, Operation>;

export const roundings = {
  floor: unary((a) => a.floor(), { away: [-1, 0, 1] }),
  ceil: unary((a) => a.ceil(), { away: [-1, 0, 1] }),
  round: unary((a) => a.round(), { away: [-0.5, 0.5] }),
  trunc: unary(api.trunc, { away: [-1, 0, 1] }),
  frac: unary(api.frac, { away: [-1, 0, 1] }),
} satisfies Record<string, Operation>;

export const functions = {
  exp: unary((a) => a.exp()),
  exp2: unary(api.exp2),
  expm1: unary((a) => a.expm1()),
  log: unary((a) => a.log(), positive),
  log1p: unary((a) => a.log1p(), { low: -0.8, high: 3 }),
  log2: unary(api.log2, positive),
  log10: unary(api.log10, positive),
  sin: unary((a) => a.sin()),
  cos: unary((a) => a.cos()),
  tan: unary(api.tan, { low: -1.2, high: 1.2 }),
  asin: unary(api.asin, within1),
  acos: unary(api.acos, within1),
  atan: unary(api.atan),
  atan2: binary(api.atan2),
  sinh: unary(api.sinh),
  cosh: unary(api.cosh),
  tanh: unary((a) => a.tanh()),
  asinh: unary(api.asinh),
  acosh: unary(api.acosh, { low: 1.2, high: 4, from: 1 }),
  atanh: unary(api.atanh, within1),
  erf: unary((a) => a.erf()),
  erfc: unary((a) => a.erfc()),
  erfinv: unary(api.erfinv, within1),
  lgamma: unary(api.lgamma, { low: 0.3, high: 5, from: 0 }),
  digamma: unary(api.digamma, { low: 0.4, high: 5, from: 0 }),
  polygamma: of((a) => api.polygamma(2, a), x([6], { low: 0.5, high: 4 })),
  xlogy: binary((a, b) => api.xlogy(a, b.abs()), {}, positive),
} satisfies Record<string, Operation>;

export const activations = {
  relu: unary((a) => a.relu()),
  // Below −87.3 the result is denormal: 0 on the devices.
  sigmoid: unary((a) => a.sigmoid(), { low: -5, high: 5, from: -87.3 }),
  logSigmoid: unary(api.logSigmoid, { low: -5, high: 5 }),
  softplus: unary((a) => api.softplus(a), { low: -5, high: 5 }),
  gelu: ways(of((a) => a.gelu(), [2, 3])),
  relu6: of(api.relu6, x([2, 3], { low: -8, high: 8, away: [0, 6] })),
  leakyRelu: of((a) => api.leakyRelu(a), [2, 3]),
  prelu: of(api.prelu, [2, 3], [3]),
  rrelu: of((a) => api.rrelu(a), [2, 3]),
  threshold: of((a) => api.threshold(a, 0.3, -2), x([2, 3], { away: [0.3] })),
  hardtanh: of((a) => api.hardtanh(a), x([2, 3], { away: [-1, 1] })),
  hardshrink: of((a) => api.hardshrink(a), x([2, 3], { away: [-0.5, 0.5] })),
  softshrink: of((a) => api.softshrink(a), x([2, 3], { away: [-0.5, 0.5] })),
  elu: of((a) => api.elu(a), [2, 3]),
  celu: of((a) => api.celu(a, { alpha: 2 }), [2, 3]),
  selu: of(api.selu, [2, 3]),
  silu: of(api.silu, [2, 3]),
  mish: of(api.mish, [2, 3]),
  hardsigmoid: of(api.hardsigmoid, x([2, 3], { low: -4, high: 4, away: [-3, 3] })),
  hardswish: of(api.hardswish, x([2, 3], { low: -4, high: 4, away: [-3, 3] })),
  softsign: of(api.softsign, [2, 3]),
  tanhshrink: of(api.tanhshrink, [2, 3]),
  glu: of((a) => api.glu(a), [2, 6]),
  reglu: of((a) => api.reglu(a), [2, 6]),
  geglu: of((a) => api.geglu(a, 0), [2, 6]),
  swiglu: of((a) => api.swiglu(a), [2, 6]),
} satisfies Record<string, Operation>;

const flag = (a: Tensor): Tensor => a.greater(0);

export const logic = {
  equal: binary((a, b) => a.equal(b)),
  notEqual: binary((a, b) => a.notEqual(b)),
  less: binary((a, b) => a.less(b)),
  lessEqual: binary((a, b) => a.lessEqual(b)),
  greater: binary((a, b) => a.greater(b)),
  greaterEqual: binary((a, b) => a.greaterEqual(b)),
  and: of((a, b) => api.and(flag(a), flag(b)), [4, 6], [6]),
  or: of((a, b) => api.or(flag(a), flag(b)), [4, 6], [6]),
  not: of((a) => api.not(flag(a)), [7]),
  where: ways(
    of((a, b) => mask([2, 3]).where(a, b), [2, 3], [2, 3]),
    of((a, b) => mask([2, 1]).where(a, b), [3], [2, 3]),
  ),
  isNaN: unary(api.isNaN),
  isInf: unary(api.isInf),
  isFinite: unary(api.isFinite),
  nanToNum: unary((a) => api.nanToNum(a, { nan: 2 })),
  isClose: of((a, b) => api.isClose(a, b, { atol: 0.5 }), [2, 3], [2, 3]),
} satisfies Record<string, Operation>;

export const bits = {
  bitwiseAnd: integers(api.bitwiseAnd),
  bitwiseOr: integers(api.bitwiseOr),
  bitwiseXor: integers(api.bitwiseXor),
  bitwiseNot: of((a) => api.bitwiseNot(integer(a, 9)), [9]),
  bitwiseLeftShift: of((a, b) => api.bitwiseLeftShift(integer(a, 9), integer(b, 9).abs()), [9], [9]),
  bitwiseRightShift: of((a, b) => api.bitwiseRightShift(integer(a, 1e6), integer(b, 9).abs()), [9], [9]),
  bitcast: selecting(
    ways(
      of((a) => api.bitcast(a, 'int32'), [2, 3]),
      of((a) => api.bitcast(integer(a, 1e3).add(1 << 29), 'float32'), [2, 3]),
    ),
  ),
  cast: selecting(
    ways(
      of((a) => a.mul(3).to('int32'), [2, 3]),
      of((a) => a.to('bool'), [2, 3]),
      of((a) => integer(a).to('float32'), [6]),
    ),
  ),
  // Its derivative is zero because that is asked for.
  detach: of((a) => a.detach().greater(0), [2, 3]),
} satisfies Record<string, Operation>;
