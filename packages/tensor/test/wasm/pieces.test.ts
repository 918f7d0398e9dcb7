/** Maps that choose by position between parts are run as pieces, each of which reads one part. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { axisIndex, makeAxis, type Index } from '../../src/compiler/index-expression.ts';
import type { Expression, MapKernel } from '../../src/compiler/kernel.ts';
import { forEachExpression } from '../../src/compiler/expressions.ts';
import {
  concat,
  conv2d,
  flip,
  iota,
  narrow,
  pad,
  roll,
  setDevice,
  stack,
  tensor,
  where,
  type Tensor,
} from '../../src/index.ts';
import { splitMap } from '../../src/wasm/pieces.ts';
import { differences, interpretTensors } from '../support/compare.ts';
import { constant, inside, linear, load, rowMajor, select } from './support.ts';

const numbers = (...shape: readonly number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
    { shape },
  );

describe('values are those of the interpreter', () => {
  beforeAll(() => setDevice('wasm'));

  let square = numbers(0);
  let image = numbers(0);
  beforeEach(() => {
    square = numbers(256, 192);
    image = numbers(4, 8, 40, 36);
  });
  const cases: Readonly<Record<string, () => Tensor>> = {
    'parts along the first axis': () => concat([square, square.neg(), square.narrow(0, 3, 5)]),
    'parts along the last axis': () => concat([square, square.mul(2), square.narrow(1, 3, 5)], 1),
    'eight parts, stacked inside': () =>
      stack(
        Array.from({ length: 8 }, (_, i) => square.add(i)),
        1,
      ),
    'a circle over both axes': () => roll(square, [100, -3], [0, 1]),
    'a circular border': () => pad(image, [[0, 0], [0, 0], [2, 2], [3, 1]], { mode: 'circular' }), // prettier-ignore
    'a mirrored border': () => pad(image, [[0, 0], [0, 0], [2, 2], [3, 1]], { mode: 'reflect' }), // prettier-ignore
    'a border of constants': () => pad(image, [[0, 0], [1, 0], [2, 2], [3, 1]], { value: 7 }), // prettier-ignore
    'parts inside of what follows': () => concat([square, flip(square, 1)], 1).mul(2).add(concat([square, square], 1)), // prettier-ignore
    'parts that are borders of parts': () => concat([pad(square, [[3, 0], [0, 2]]), numbers(259, 194)], 0), // prettier-ignore
    'a choice that is none by position': () => where(concat([square, square]).greater(0), iota([512, 192], 0).to('float32'), 1), // prettier-ignore
    'parts cut again': () => narrow(concat([square, square.neg()], 0), 0, 200, 100),
    'a depthwise window over a border': () => conv2d(image, numbers(8, 1, 3, 3), { groups: 8, padding: 1 }),
    'a wide window over a border': () => conv2d(image, numbers(16, 1, 5, 5), { groups: 8, padding: 2, stride: 1 }),
    'a window with gaps': () => conv2d(image, numbers(8, 1, 3, 3), { groups: 8, padding: 3, dilation: 3 }),
    'in place': () =>
      concat([square, square.neg()], 1)
        .add(1)
        .mul(concat([square, square], 1)),
  };
  it.each(Object.keys(cases))('%s', async (name) => {
    const result = (cases[name] as () => Tensor)();
    const [expected = []] = interpretTensors([result]);
    expect(differences(await result.data(), expected, 1e-5)).toEqual([]);
  });
});

describe('pieces', () => {
  const [rows, columns] = [makeAxis(512), makeAxis(64)];
  const at = rowMajor([rows, columns]);
  const kernel = (value: Expression): MapKernel => ({
    kind: 'map',
    name: 'parts',
    axes: [rows, columns],
    stores: [{ buffer: 2, index: at, value }],
  });
  const before = (index: Index, upper: number): Expression => inside([{ index, lower: 0, upper }]);
  const second = load(1, linear([[rows, 64], [columns, 1]], -64 * 200)); // prettier-ignore

  it('read one part each, without a condition', () => {
    const pieces = splitMap(kernel(select(before(axisIndex(rows), 200), load(0, at), second)));
    expect(pieces.map(({ axes }) => axes.map(({ extent }) => extent))).toEqual([[200, 64], [312, 64]]); // prettier-ignore
    expect(pieces.map(({ stores }) => stores[0]?.value)).toMatchObject([
      { kind: 'load', buffer: 0 },
      { kind: 'load', buffer: 1, index: { min: 0 } },
    ]);
  });

  it('read one part each of a sum of parts with borders, as the gradient of a split is', () => {
    const first = select(before(axisIndex(rows), 200), load(0, at), constant(0));
    const last = select(inside([{ index: axisIndex(rows), lower: 200, upper: 512 }]), second, constant(0));
    const pieces = splitMap(kernel({ kind: 'binary', type: 'f32', operator: 'add', left: first, right: last }));
    expect(pieces.map(({ axes }) => axes.map(({ extent }) => extent))).toEqual([[200, 64], [312, 64]]); // prettier-ignore
    expect(pieces.map(({ stores }) => stores[0]?.value)).toMatchObject([
      { left: { kind: 'load', buffer: 0 }, right: { kind: 'constant' } },
      { left: { kind: 'constant' }, right: { kind: 'load', buffer: 1 } },
    ]);
  });

  it('stay one kernel where a border is constant, a position is not that of one axis, or little is computed', () => {
    const whole = [
      kernel(select(before(axisIndex(rows), 200), load(0, at), constant(0))),
      kernel(select(before(linear([[rows, 1], [columns, 1]]), 200), load(0, at), second)), // prettier-ignore
      { ...kernel(select(before(axisIndex(columns), 20), load(0, at), second)), axes: [columns] },
    ];
    for (const one of whole) expect(splitMap(one)).toEqual([one]);
  });

  it('leave conditions that they do not decide', () => {
    const both = inside([
      { index: axisIndex(rows), lower: 100, upper: 512 },
      { index: linear([[rows, 1], [columns, 1]]), lower: 0, upper: 300 }, // prettier-ignore
    ]);
    const other = select(before(axisIndex(rows), 200), load(0, at), select(both, second, constant(0)));
    const found = splitMap(kernel(other)).map(({ stores }) => {
      let conditions = 0;
      forEachExpression([stores[0]?.value as Expression], (part) => {
        if (part.kind === 'inside') conditions += part.conditions.length;
      });
      return conditions;
    });
    expect(found).toEqual([0, 1]);
  });
});
