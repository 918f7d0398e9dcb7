/**
 * What people ask of tensors at a prompt; loaded with the first value that is read or printed. It imports no code and works through the methods of tensors: code
 * that it shared with the entry would be cut into a chunk of its own, and compress less.
 */
import type { Check, checkOptions, OptionNames, requireInteger } from '../arguments/index.ts';
import type { DType } from '../graph/types.ts';
import type { Tensor } from '../tensor.ts';
import {
  formatDefaults,
  formatElements,
  labelled,
  pickShown,
  shownPositions,
  type FormatOptions,
  type FormatSettings,
} from './format.ts';

/** What it needs of the package. */
export interface Checks {
  readonly checkOptions: typeof checkOptions;
  readonly requireInteger: typeof requireInteger;
}

/** The type and the elements as text. Of a long tensor only the ends that are shown are read. */
export async function formatted(op: string, x: Tensor, options: FormatOptions, checks: Checks): Promise<string> {
  const integerFrom =
    (low: number): Check =>
    (where, name, value) =>
      value === Infinity ? undefined : checks.requireInteger(where, name, value, low);
  const names: OptionNames<FormatOptions> = {
    digits: (where, name, value) => checks.requireInteger(where, name, value, 0, 20),
    threshold: integerFrom(0),
    edge: integerFrom(1),
    width: integerFrom(1),
  };
  checks.checkOptions(op, options, names);
  const settings: FormatSettings = { ...formatDefaults, ...options };
  const { shape, dtype } = x;
  const positions = shownPositions(shape, settings);
  const shown = await readShown(x, positions);
  return labelled(x.toString(), formatElements(shown, shape, positions, dtype, settings));
}

/** The elements at the shown positions, in row-major order: corners of the tensor where axes are shortened. */
async function readShown(x: Tensor, positions: readonly (readonly number[])[]): Promise<number[]> {
  const shortened = positions.findIndex((list, axis) => list.length < (x.shape[axis] ?? 0));
  if (shortened < 0) return Array.from(await x.data());
  const extent = x.shape[shortened] ?? 0;
  const edge = (positions[shortened]?.length ?? 0) / 2;
  const inner = positions.map((list, axis) => (axis === shortened ? list.slice(0, edge) : list));
  const halves = [0, extent - edge].map((start) => readShown(x.narrow(shortened, start, edge), inner));
  const [front = [], back = []] = await Promise.all(halves);
  // Both hold the same rows of what stands before the axis.
  const rows = positions.slice(0, shortened).reduce((product, list) => product * list.length, 1);
  const length = front.length / rows;
  return Array.from({ length: rows }, (_, row) =>
    [front, back].flatMap((half) => half.slice(row * length, (row + 1) * length)),
  ).flat();
}

/** What Node's inspect shows of elements on the host; undefined inside of something else, unless it is one short line. */
export function inspected(x: Tensor, host: ArrayLike<number>, isNested: boolean): string | undefined {
  const { shape, dtype } = x;
  if (isNested && (shape.length > 1 || x.size > 8)) return undefined;
  const positions = shownPositions(shape, formatDefaults);
  const shown = pickShown(host, shape, positions);
  return labelled(x.toString(), formatElements(shown, shape, positions, dtype, formatDefaults));
}

/** What the numbers of a tensor are like. */
export interface TensorDescription {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** The smallest, the largest and the mean of what is not NaN; NaN where nothing is. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** How many elements are NaN. */
  readonly nan: number;
}

export async function described(x: Tensor): Promise<TensorDescription> {
  const { shape, dtype, size } = x;
  const isNumber = x.equal(x);
  const count = size === 0 ? 0 : await isNumber.sum().item();
  const nan = size - count;
  if (count === 0) return { shape, dtype, min: NaN, max: NaN, mean: NaN, nan };
  const instead = (value: number): Tensor => (nan === 0 ? x : isNumber.where(x, value));
  const [min, max, mean] = await Promise.all([
    instead(Infinity).min().item(),
    instead(-Infinity).max().item(),
    instead(0).sum().div(count).item(),
  ]);
  return { shape, dtype, min, max, mean, nan };
}
