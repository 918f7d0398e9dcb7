/**
 * Attention block by block, so that memory grows with the number of keys and not with the product of queries and keys. Gradients compute the scores of a block again, as in Rabe & Staats 2021
 * (arXiv:2112.05682) and Dao et al. 2022 (arXiv:2205.14135). A block sees all of its keys, so that its softmax is the plain one.
 */
import type { Tensor } from '../tensor.ts';
import { iota } from './creation.ts';
import { concat, narrow, reshape } from './movement.ts';
import { broadcastShapes } from './operands.ts';
import { pad } from './padding.ts';
import { recordScan } from './scan.ts';

/** Queries [..., queries, depth], keys [..., keys, depth], values [..., keys, valueDepth] and a mask that broadcasts to [..., queries, keys]. */
export interface Operands {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly mask: Tensor | undefined;
}

/** Computes a block at once. `first` is the position of its first query. */
export type Attend = (operands: Operands, first: Tensor | number) => Tensor;

export interface BlockSizes {
  /** So many scores are computed at once; where there are more, it is done block by block. */
  readonly largestAtOnce: number;
  /** Scores of a block. */
  readonly block: number;
  /** Fewer queries at a time are slower than what they save is worth. */
  readonly fewestRows: number;
}

/** 16 MiB at once; blocks of 4 MiB, which caches hold. */
export const standardSizes: BlockSizes = { largestAtOnce: 2 ** 22, block: 2 ** 20, fewestRows: 16 };

/** Where queries see the keys up to themselves, so many parts of them read no more keys than their last one sees: 3/8 of the work are left out. */
const causalParts = 4;

/** The same as `attend` of everything, whose leading axes broadcast. `causal`: query i sees the keys 0 … i alone. */
export function attendInBlocks(operands: Operands, causal: boolean, sizes: BlockSizes, attend: Attend): Tensor {
  const { query, key, value, mask } = operands;
  const leading = [query, key, value, ...(mask === undefined ? [] : [mask])]
    .map(({ shape }): readonly number[] => shape.slice(0, -2))
    .reduce((a, b) => broadcastShapes(a, b) ?? a);
  const [queries = 0, keys = 0] = [query.shape.at(-2), key.shape.at(-2)];
  const scores = leading.reduce((a, b) => a * b, queries * keys);
  if (scores <= sizes.block) return attend(operands, 0);
  const [count, ...rest] = leading;
  if (count === undefined) return causal ? inParts(operands, sizes, attend) : inRows(operands, 0, sizes, attend);
  // Along the first axis, as many at once as make a block.
  const each = scores / count;
  const together = largestDivisor(count, Math.max(1, Math.floor(sizes.block / each)));
  const axes = rest.length + 3;
  const parts: Partial<Record<keyof Operands, Tensor>> = {};
  const shared: Partial<Record<keyof Operands, Tensor>> = {};
  for (const name of ['query', 'key', 'value', 'mask'] as const) {
    const x = operands[name];
    if (x === undefined) continue;
    const shape: readonly number[] = [...Array<number>(axes - Math.min(axes, x.ndim)).fill(1), ...x.shape];
    const inner: readonly number[] = shape.slice(1);
    if (shape[0] === count)
      parts[name] = reshape(x, [count / together, ...(together === 1 ? [] : [together]), ...inner]); // prettier-ignore
    else shared[name] = reshape(x, together === 1 ? inner : shape);
  }
  const result = stepByStep(parts as Partial<Operands>, (part) =>
    attendInBlocks({ mask: undefined, ...shared, ...part } as Operands, causal, sizes, attend),
  );
  return reshape(result, [count, ...result.shape.slice(together === 1 ? 1 : 2)]);
}

/** Of one head, without those keys that none of a part's queries sees. */
function inParts(operands: Operands, sizes: BlockSizes, attend: Attend): Tensor {
  const { query, key, value, mask } = operands;
  const [queries = 0, keys = 0] = [query.shape[0], key.shape[0]];
  const size = Math.ceil(queries / causalParts);
  const parts: Tensor[] = [];
  for (let first = 0; first < queries; first += size) {
    const count = Math.min(size, queries - first);
    const seen = Math.min(keys, first + count);
    const part: Operands = {
      query: narrow(query, 0, first, count),
      key: narrow(key, 0, 0, seen),
      value: narrow(value, 0, 0, seen),
      mask: mask && cut(cut(mask, -2, first, count), -1, 0, seen),
    };
    parts.push(inRows(part, first, sizes, attend));
  }
  return concat(parts, -2);
}

/** A range along an axis, where a mask does not broadcast. */
function cut(mask: Tensor, axis: number, start: number, length: number): Tensor {
  return mask.ndim < -axis || mask.shape.at(axis) === 1 ? mask : narrow(mask, axis, start, length);
}

/** Of one head, some queries at a time; `start` is the position of the first one. */
function inRows(operands: Operands, start: number, sizes: BlockSizes, attend: Attend): Tensor {
  const { query, mask } = operands;
  const [queries = 0, keys = 0] = [query.shape[0], operands.key.shape[0]];
  const most = Math.max(sizes.fewestRows, Math.floor(sizes.block / keys));
  const blocks = Math.ceil(queries / most);
  if (blocks <= 1) return attend(operands, start);
  const rows = Math.ceil(queries / blocks);
  const missing = blocks * rows - queries;
  const parted = (x: Tensor): Tensor => {
    const whole = missing === 0 ? x : pad(x, [[0, missing]]);
    return reshape(whole, [blocks, rows, x.shape[1] ?? 0]);
  };
  const ofRows = mask !== undefined && mask.ndim > 1 && mask.shape[0] !== 1;
  const result = stepByStep(
    {
      query: parted(query),
      first: iota([blocks], 0).mul(rows).add(start),
      ...(ofRows ? { mask: parted(mask) } : {}),
    },
    ({ first, ...part }) => attend({ ...operands, ...part }, first),
  );
  const all = reshape(result, [blocks * rows, result.shape[2] ?? 0]);
  return missing === 0 ? all : narrow(all, 0, 0, queries);
}

/** What `step` gives for each part of `xs` along their first axis, stacked. A gradient computes it again. */
function stepByStep<X>(xs: X, step: (part: X) => Tensor): Tensor {
  const [, results] = recordScan((_: readonly never[], part: X) => [[], step(part)] as const, [], xs, {
    length: undefined,
    reverse: false,
    ends: false,
    recomputes: true,
  });
  return results;
}

function largestDivisor(of: number, atMost: number): number {
  for (let divisor = Math.min(of, atMost); divisor > 1; divisor--) if (of % divisor === 0) return divisor;
  return 1;
}
