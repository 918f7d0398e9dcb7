/** Whole derivatives beside torch.autograd.functional and functorch, closed forms, and structures. */
import { readFileSync } from 'node:fs';
import { conv2d, logSoftmax, maxPool2d, setDevice, softmax, tensor, variable, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { devices } from '../../tensor/test/support/devices.ts';
import { grad, hessian, hvp, jacobian, jvp, vjp, vmap } from '../src/index.ts';

interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
type Nested = Stored | readonly Nested[];
interface Case {
  readonly kind: string;
  readonly f: string;
  readonly inputs: readonly Stored[];
  readonly vector?: Nested;
  readonly expected: Nested;
}

type Three = [x: Tensor, w: Tensor, b: Tensor];
const functions: Readonly<Record<string, (...args: Three) => Tensor>> = {
  layer: (x, w, b) => x.matmul(w).add(b).tanh().mul(x.sin().sum()),
  loss: (x, w, b) => {
    const picked = logSoftmax(x.matmul(w).add(b), -1).narrow(0, 1, 1).sum().neg();
    return picked.add(w.square().sum().div(x.exp().sum()));
  },
  network: (x, w, b) => {
    const y = maxPool2d(conv2d(x.unsqueeze(0), w, { bias: b, padding: 1, groups: 2 }).relu(), 2);
    const weights = tensor([1, 2, 3, 4, 5, 6, 7, 8]);
    return softmax(y.reshape([1, -1]), -1)
      .mul(weights)
      .sum()
      .add(y.square().mean());
  },
};

const argnums = [0, 1, 2] as const;
const inAxes = [0, null, null];
const kinds: Readonly<Record<string, (f: (...args: Three) => Tensor, inputs: Three, vector: unknown) => unknown>> = {
  jacobian: (f, inputs) => jacobian(f, { argnums })(...inputs),
  jacfwd: (f, inputs) => jacobian(f, { argnums, mode: 'forward' })(...inputs),
  vjp: (f, inputs, vector) => vjp(f, ...inputs).pullback(vector as Tensor),
  jvp: (f, inputs, vector) => jvp(f, inputs, vector as Three).tangent,
  hvp: (f, inputs, vector) => hvp(f, inputs, vector as Three),
  hessian: (f, inputs) => hessian(f, { argnums })(...inputs),
  vmap: (f, inputs) => vmap(f, { inAxes })(...inputs),
  'vmap of jacrev': (f, inputs) => vmap(jacobian(f), { inAxes })(...inputs),
  'per-sample gradients': (f, inputs) => vmap(grad(f, { argnums: [1, 2] }), { inAxes })(...inputs),
};

const read = (stored: Nested): unknown =>
  'shape' in stored ? tensor(Float64Array.from(stored.data), { shape: stored.shape }) : stored.map(read);

async function differences(actual: unknown, expected: Nested, place: string): Promise<string[]> {
  if (!('shape' in expected)) {
    expect(actual).toHaveLength(expected.length);
    const parts = expected.map((part, i) => differences((actual as unknown[])[i], part, `${place}[${i}]`));
    return (await Promise.all(parts)).flat();
  }
  const given = actual as Tensor;
  expect(given.shape, place).toEqual(expected.shape);
  const data = await given.data();
  return expected.data.flatMap((value, i) =>
    Math.abs((data[i] ?? NaN) - value) <= 2e-5 * Math.max(1, Math.abs(value))
      ? []
      : [`${place}[${i}]: ${data[i]}, not ${value}`],
  );
}

const text = readFileSync(new URL('golden/derivatives.json', import.meta.url), 'utf8');
const cases = (JSON.parse(text) as Case[]).map((one) => [one.kind, one.f, one] as const);

describe.each(devices)('on %s', (name) => {
  beforeAll(() => setDevice(name));

  it.each(cases)('%s of %s is PyTorch’s', async (kind, f, { inputs, vector, expected }) => {
    const operate = kinds[kind];
    const of = functions[f];
    if (operate === undefined || of === undefined) throw new Error(`there is no ${kind} of ${f}`);
    const given = inputs.map((input) => read(input)) as Three;
    const actual = operate(of, given, vector === undefined ? undefined : read(vector));
    expect(await differences(actual, expected, kind)).toEqual([]);
  });

  it('a Jacobian has the structures of the result and of the argument', async () => {
    const f = ({ x, y }: { x: Tensor; y: Tensor[] }) => ({
      product: x.mul(y[0] as Tensor),
      rest: new Map([['sum', x.sum()]]),
    });
    for (const mode of ['reverse', 'forward'] as const) {
      const j = jacobian(f, { mode })({ x: tensor([1, 2]), y: [tensor([3, 4])] });
      expect(await j.product.x.toArray()).toEqual([
        [3, 0],
        [0, 4],
      ]);
      expect(await j.product.y[0]?.toArray()).toEqual([
        [1, 0],
        [0, 2],
      ]);
      expect(await j.rest.get('sum')?.x.toArray()).toEqual([1, 1]);
      expect(await j.rest.get('sum')?.y[0]?.toArray()).toEqual([0, 0]);
    }
  });

  it('has the axes of the result first, also where there are no elements', async () => {
    const j = jacobian((x: Tensor) => x.sum(0))(zeros([2, 3]));
    expect(j.shape).toEqual([3, 2, 3]);
    expect(await j.sum().item()).toBe(6);
    expect(jacobian((x: Tensor) => x.sum())(zeros([0, 3])).shape).toEqual([0, 3]);
    expect(jacobian((x: Tensor) => x.narrow(0, 0, 0))(zeros([2])).shape).toEqual([0, 2]);
    expect(await jacobian((x: Tensor) => x.narrow(0, 0, 0))(zeros([2])).data()).toHaveLength(0);
  });

  it('a Hessian of a quadratic form is its matrix, twice', async () => {
    const a = tensor([
      [2, -1, 0],
      [-1, 3, 0.5],
      [0, 0.5, 1],
    ]);
    const h = hessian((x: Tensor) => x.matmul(a).mul(x).sum())(tensor([1, 2, 3]));
    expect(await h.toArray()).toEqual([
      [4, -2, 0],
      [-2, 6, 1],
      [0, 1, 2],
    ]);
    const of = hessian(({ x, y }: { x: Tensor; y: Tensor }) => x.square().mul(y).sum())({
      x: tensor([3]),
      y: tensor([5]),
    });
    expect([await of.x.x.toArray(), await of.x.y.toArray(), await of.y.x.toArray(), await of.y.y.toArray()]).toEqual([
      [[10]],
      [[6]],
      [[6]],
      [[0]],
    ]);
    expect(await hessian((x: Tensor) => x.relu().sum())(tensor([1, -1])).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('composes: the Jacobian of a Jacobian, with parameters around', async () => {
    const w = variable(tensor([2, 3]), { requiresGrad: true });
    const f = (x: Tensor): Tensor => x.pow(3).mul(w);
    const twice = jacobian(jacobian(f))(tensor([1, 2]));
    expect(await twice.toArray()).toEqual([
      [
        [12, 0],
        [0, 0],
      ],
      [
        [0, 0],
        [0, 36],
      ],
    ]);
    const byParameter = jacobian((v: Tensor) => jacobian((x: Tensor) => x.square().mul(v))(tensor([1, 2])))(
      tensor([5, 7]),
    );
    expect(await byParameter.toArray()).toEqual([
      [
        [2, 0],
        [0, 0],
      ],
      [
        [0, 0],
        [0, 4],
      ],
    ]);
  });
});

it('wrong arguments', () => {
  const square = (x: Tensor): Tensor => x.square();
  expect(() => jacobian(square, { argnums: 1 as never })(tensor([1]))).toThrow(/no argument 1/);
  expect(() => jacobian(square, { mode: 'sideways' as never })).toThrow(/mode/);
  expect(() => jacobian((x: Tensor) => x.argmax().to('float32'))(tensor([1, 2]))).toThrow(/only through argmax/);
  expect(() => jacobian((x: Tensor) => x.greater(0))(tensor([1, 2]))).toThrow(/must be floating numbers/);
  expect(() => hessian(square)(tensor([1, 2]))).toThrow(/single number/);
  expect(() => hessian(square, { argnums: -1 as never })).toThrow(/argnums/);
});
