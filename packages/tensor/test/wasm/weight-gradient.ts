/** Gradients of the weights of convolutions as plans, for tests of the kernels that compute them. */
import type { Condition } from '../../src/compiler/kernel.ts';
import {
  addIndex,
  axisIndex,
  binary,
  constantIndex,
  linear,
  load,
  makeAxis,
  PlanBuilder,
  result,
  rowMajor,
  scaleIndex,
} from './support.ts';

/** A convolution. */
export interface Convolution {
  readonly images?: number;
  readonly channels: number;
  readonly size: readonly [number, number];
  readonly outputs: number;
  readonly kernel: readonly [number, number];
  readonly padding?: number;
  readonly dilation?: number;
  readonly stride?: number;
  readonly groups?: number;
  /** Which operand is the left one. */
  readonly exchanged?: boolean;
}

/** A step down the gradient of a convolution's weight: the product, and stores that read what they write. */
export function weightGradient(
  { images = 2, groups = 1, channels, size, outputs, kernel, padding = 0, dilation = 1, stride = 1, exchanged = false }: Convolution, // prettier-ignore
  seed = 1,
): PlanBuilder {
  const builder = new PlanBuilder(seed);
  const [height, width] = size;
  const [rows, columns] = size.map((extent, i) => Math.floor((extent + 2 * padding - dilation * ((kernel[i] ?? 1) - 1) - 1) / stride) + 1) as [number, number]; // prettier-ignore
  const [batch, group, output, channel] = [makeAxis(images), makeAxis(groups), makeAxis(outputs), makeAxis(channels)];
  const [y, x, ky, kx] = [makeAxis(rows), makeAxis(columns), makeAxis(kernel[0]), makeAxis(kernel[1])];
  const image = builder.parameter(images * groups * channels * height * width);
  const sent = builder.parameter(images * groups * outputs * rows * columns);
  const weight = builder.parameter(groups * outputs * channels * kernel[0] * kernel[1]);
  const at = (position: typeof y, tap: typeof ky) =>
    addIndex(
      addIndex(scaleIndex(axisIndex(position), stride), scaleIndex(axisIndex(tap), dilation)),
      constantIndex(-padding),
    );
  const [row, column] = [at(y, ky), at(x, kx)];
  const guards: Condition[] = padding === 0 ? [] : [{ index: row, lower: 0, upper: height }, { index: column, lower: 0, upper: width }]; // prettier-ignore
  const plane = height * width;
  const first = linear([[batch, groups * channels * plane], [group, channels * plane], [channel, plane]]); // prettier-ignore
  const index = addIndex(addIndex(first, scaleIndex(row, width)), column);
  const operands = [
    { buffer: sent, index: rowMajor([batch, group, output, y, x]), guards: [] },
    { buffer: image, index, guards },
  ] as const;
  const [left, right] = exchanged ? [operands[1], operands[0]] : operands;
  const sides = [[output], [channel, ky, kx]];
  const [m = [], n = []] = exchanged ? [sides[1], sides[0]] : sides;
  const place = rowMajor([group, output, channel, ky, kx]);
  const step = binary('mul', result(), { kind: 'constant', type: 'f32', value: 0.1 });
  builder.kernels.push({
    kind: 'contraction',
    name: 'weightGradient',
    batch: groups === 1 ? [] : [group],
    m,
    n,
    k: [batch, y, x],
    left,
    right,
    stores: [{ buffer: weight, index: place, value: binary('sub', load(weight, place), step) }],
  });
  return builder;
}
