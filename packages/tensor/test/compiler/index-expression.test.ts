import { describe, expect, it } from 'vitest';
import {
  addIndex,
  axisIndex,
  constantIndex,
  divideIndex,
  evaluateIndex,
  makeAxis,
  remainderIndex,
  scaleIndex,
  sumIndex,
  type Index,
} from '../../src/compiler/index-expression.ts';
import { generator } from '../wasm/support.ts';

function indexKey({ constant, terms }: Index): string {
  return `${constant} + ${terms.map(({ coefficient, atom }) => `${coefficient} · ${atom.id}`).join(' + ')}`;
}

/** The position of an axis in an array of `shape`, as one finds it by dividing: strides and remainders of all places. */
function split(position: Index, shape: readonly number[], strides: readonly number[]): Index {
  let rest = position;
  const parts: Index[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] ?? 1;
    parts.push(scaleIndex(axis === 0 ? rest : remainderIndex(rest, extent), strides[axis] ?? 0));
    rest = divideIndex(rest, extent);
  }
  return sumIndex(parts);
}

describe('indices that were split are whole again', () => {
  const axis = makeAxis(2 * 3 * 28 * 28);
  const x = axisIndex(axis);

  it('over any number of places', () => {
    expect(indexKey(split(x, [2, 3, 28, 28], [2352, 784, 28, 1]))).toBe(indexKey(x));
    expect(indexKey(split(x, [6, 28, 28], [4 * 784, 4 * 28, 4]))).toBe(indexKey(scaleIndex(x, 4)));
  });

  it('where only some places are neighbours in memory', () => {
    // The first two together, the last two together.
    expect(indexKey(split(x, [2, 3, 784], [3, 1, 0]))).toBe(indexKey(divideIndex(x, 784)));
    expect(indexKey(split(x, [6, 28, 28], [0, 28, 1]))).toBe(indexKey(remainderIndex(x, 784)));
  });

  it('divides what is finer than a step as if it were not there', () => {
    const [a, b, c] = [makeAxis(64), makeAxis(28), makeAxis(28)];
    const place = sumIndex([scaleIndex(axisIndex(a), 784), scaleIndex(axisIndex(b), 28), axisIndex(c)]);
    expect(indexKey(divideIndex(place, 8 * 784))).toBe(indexKey(divideIndex(axisIndex(a), 8)));
    expect(indexKey(remainderIndex(place, 8 * 784))).toBe(
      indexKey(
        sumIndex([scaleIndex(remainderIndex(axisIndex(a), 8), 784), scaleIndex(axisIndex(b), 28), axisIndex(c)]),
      ),
    );
  });
});

it('simplified or not, an index has the value that arithmetic says', () => {
  const random = generator(7);
  const pick = (n: number): number => Math.floor(random() * n);
  for (let round = 0; round < 3000; round++) {
    const axes = Array.from({ length: 3 }, () => makeAxis(1 + pick(12)));
    const values = new Map(axes.map((axis) => [axis, pick(axis.extent)]));
    // A value that is never negative, and the same by plain numbers.
    const make = (depth: number): [Index, number] => {
      if (depth === 0) {
        const axis = axes[pick(3)] as (typeof axes)[number];
        return [axisIndex(axis), axis.extent === 1 ? 0 : (values.get(axis) ?? 0)];
      }
      const [left, a] = make(depth - 1);
      const divisor = [1, 2, 3, 4, 6, 8, 12, 28][pick(8)] ?? 1;
      switch (pick(4)) {
        case 0:
          return [divideIndex(left, divisor), Math.floor(a / divisor)];
        case 1:
          return [remainderIndex(left, divisor), a % divisor];
        case 2: {
          const [right, b] = make(depth - 1);
          const factor = [1, 2, 3, 4, 12, 24][pick(6)] ?? 1;
          return [addIndex(left, scaleIndex(right, factor)), a + factor * b];
        }
        default: {
          // The same index in two places, as merged axes leave it.
          const coarse = scaleIndex(divideIndex(left, divisor), divisor);
          const shift = pick(3);
          const fine = addIndex(remainderIndex(left, divisor), constantIndex(shift));
          return [addIndex(coarse, fine), a + shift];
        }
      }
    };
    const [index, expected] = make(4);
    const found = evaluateIndex(index, values);
    expect(found, indexKey(index)).toBe(expected);
    expect(index.min <= found && found <= index.max, indexKey(index)).toBe(true);
  }
});
