/** The running state of one reducer in WGSL: in a thread's variables, in blocks of blocks, and across lanes in shared memory. */
import type { Reducer } from '../../compiler/kernel.ts';
import type { Emitter, Value } from '../wgsl/emitter.ts';

export interface Accumulator {
  /** Whether `add` wants the position of the value. */
  readonly positioned: boolean;
  /** WGSL of the finished result. */
  readonly result: string;
  declare(level: string): string[];
  /** Partial state of an inner loop; nothing where order does not affect rounding. */
  declarePartial(level: string): string[];
  mergePartial(outer: string, inner: string): string[];
  add(level: string, value: Value, position: string): string[];
  /** Module-scope arrays for `threads` threads. */
  share(threads: number): string[];
  /** Writes this thread's state to shared memory. */
  publish(): string[];
  /** Joins the state of thread `other` (WGSL) into this thread's. */
  combine(other: string): string[];
  /** Reads this thread's state back. */
  collect(): string[];
}

const lowestInteger = 'i32(-2147483648)';

export function accumulatorFor(emitter: Emitter, reducer: Reducer, number: number): Accumulator {
  return reducer.operator === 'argmax' ? argmax(emitter, reducer, number) : plain(emitter, reducer, number);
}

/** sum, prod, max, min. A bool counts as i32 0 or 1. */
function plain(emitter: Emitter, { operator, value }: Reducer, number: number): Accumulator {
  const isFloat = value.type === 'f32';
  const type = isFloat ? 'f32' : 'i32';
  const name = `a${number}`;
  const cell = `s${number}`;
  const infinity = (): string => `bitcast<f32>(${emitter.use('infinity_bits')})`;
  const join = (x: string, y: string): string => {
    if (operator === 'sum') return `${x} + ${y}`;
    if (operator === 'prod') return `${x} * ${y}`;
    const pick = operator === 'max' ? 'max' : 'min';
    if (!isFloat) return `${pick}(${x}, ${y})`;
    return `${emitter.use(operator === 'max' ? 'maximum_f32' : 'minimum_f32')}(${x}, ${y})`;
  };
  const identity = (): string => {
    if (operator === 'sum') return isFloat ? '0f' : '0';
    if (operator === 'prod') return isFloat ? '1f' : '1';
    if (operator === 'max') return isFloat ? `-${infinity()}` : lowestInteger;
    return isFloat ? infinity() : '2147483647';
  };
  const partial = operator === 'sum' && isFloat;
  const at = (level: string): string => (partial ? name + level : name);
  return {
    positioned: false,
    result: value.type === 'bool' ? `${name} != 0` : name,
    declare: (level) => [`var ${at(level)} = ${identity()};`],
    declarePartial: (level) => (partial ? [`var ${at(level)} = 0f;`] : []),
    mergePartial: (outer, inner) => (partial ? [`${at(outer)} += ${at(inner)};`] : []),
    add: (level, x) => [`${at(level)} = ${join(at(level), value.type === 'bool' ? `i32(${x.text})` : x.text)};`],
    share: (threads) => [`var<workgroup> ${cell}: array<${type}, ${threads}>;`],
    publish: () => [`${cell}[lane] = ${name};`],
    combine: (other) => [`${cell}[lane] = ${join(`${cell}[lane]`, `${cell}[${other}]`)};`],
    collect: () => [`${name} = ${cell}[lane];`],
  };
}

/** The first position of the largest value, where the first NaN counts as larger than everything. */
function argmax(emitter: Emitter, { value }: Reducer, number: number): Accumulator {
  const isFloat = value.type === 'f32';
  const type = isFloat ? 'f32' : 'i32';
  const best = `a${number}`;
  const where = `p${number}`;
  const cell = `s${number}`;
  const place = `t${number}`;
  const none = '2147483647';
  const lowest = isFloat ? `-bitcast<f32>(${emitter.use('infinity_bits')})` : lowestInteger;
  const above = (x: string, y: string): string =>
    isFloat ? `(${x} > ${y} || (${emitter.use('is_nan')}(${x}) && !is_nan(${y})))` : `(${x} > ${y})`;
  const alike = (x: string, y: string): string =>
    isFloat ? `(${x} == ${y} || (${emitter.use('is_nan')}(${x}) && is_nan(${y})))` : `(${x} == ${y})`;
  return {
    positioned: true,
    result: where,
    declare: () => [`var ${best} = ${lowest};`, `var ${where} = ${none};`],
    declarePartial: () => [],
    mergePartial: () => [],
    add: (_level, x, position) => {
      const text = value.type === 'bool' ? `i32(${x.text})` : x.text;
      return [`if (${where} == ${none} || ${above(text, best)}) { ${best} = ${text}; ${where} = ${position}; }`];
    },
    share: (threads) => [
      `var<workgroup> ${cell}: array<${type}, ${threads}>;`,
      `var<workgroup> ${place}: array<i32, ${threads}>;`,
    ],
    publish: () => [`${cell}[lane] = ${best};`, `${place}[lane] = ${where};`],
    combine: (other) => [
      `let x${number} = ${cell}[${other}];`,
      `let q${number} = ${place}[${other}];`,
      `if (q${number} != ${none} && (${place}[lane] == ${none} || ${above(`x${number}`, `${cell}[lane]`)}`,
      `    || (${alike(`x${number}`, `${cell}[lane]`)} && q${number} < ${place}[lane]))) {`,
      `  ${cell}[lane] = x${number};`,
      `  ${place}[lane] = q${number};`,
      '}',
    ],
    collect: () => [`${best} = ${cell}[lane];`, `${where} = ${place}[lane];`],
  };
}
