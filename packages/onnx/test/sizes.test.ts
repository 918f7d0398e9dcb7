/** A file is right for every size of a free axis, for 1 above all, or there is no file. */
import { grad } from '../../autograd/src/index.ts';
import { BatchNorm2d, Conv2d, Linear, MaxPool2d, Module, ReLU, Sequential } from '@hebb/layers';
import { assign, concat, conv1d, iota, ones, pad, setDevice, tensor, variable, zeros, type Tensor } from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx, OnnxExportError, type ExportOptions, type OnnxSource } from '@hebb/onnx';
import { expectSame, numbers } from './support/compare.ts';

beforeAll(() => setDevice('reference'));

const rows = { inputs: { x: ['batch', 4] } } as const;
const both = { inputs: { x: ['batch', 'time', 4] } } as const;
const batches = [1, 2, 3, 7].map((batch) => ({ batch }));
const grid = [1, 2, 3, 7].flatMap((batch) => [1, 2, 5].map((time) => ({ batch, time })));

async function refusal(model: OnnxSource, options: ExportOptions = rows): Promise<OnnxExportError> {
  const error: unknown = await exportOnnx(model, options).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(OnnxExportError);
  return error as OnnxExportError;
}

describe('a model that does something else for one size is refused', () => {
  it('names the axis, both sizes and both operations', async () => {
    const error = await refusal((x: Tensor) => (x.shape[0] === 1 ? x.mul(100) : x));
    expect(error.message).toMatch(
      /different things for different sizes of batch \(axis 0 of x\): the input float32\[53,4\] at batch = 53, mul float32\[1,4\] at batch = 1\.\n {2}hint: A file holds one graph/,
    );
    expect((await refusal((x: Tensor) => (x.shape[0] === 2 ? x.exp() : x.log()))).message).toMatch(
      /log float32\[53,4\] at batch = 53, exp float32\[2,4\] at batch = 2/,
    );
  });

  it('names the module', async () => {
    class Shortcut extends Module {
      forward(x: Tensor): Tensor {
        return x.shape[0] === 1 ? x.tanh() : x.sigmoid();
      }
    }
    const error = await refusal(new Sequential(new Linear(4, 4), new Shortcut(), new Linear(4, 2)));
    expect(error.module).toBe('1');
    expect(error.op).toBe('sigmoid');
  });

  it('on any axis, alone or together with others', async () => {
    const only = (when: (batch: number, time: number) => boolean): Promise<OnnxExportError> =>
      refusal((x: Tensor) => (when(x.shape[0]!, x.shape[1]!) ? x.neg() : x.exp()), both);
    expect((await only((_, time) => time === 1)).message).toMatch(
      /sizes of time \(axis 1 of x\): exp .* at batch = 53, time = 67, neg float32\[53,1,4\] at batch = 53, time = 1/,
    );
    expect((await only((batch, time) => batch === 1 && time > 1)).message).toMatch(/sizes of batch \(axis 0 of x\)/);
    expect((await only((batch, time) => batch === 1 && time === 1)).message).toMatch(
      /sizes of batch \(axis 0 of x\), time \(axis 1 of x\)/,
    );
    expect((await only((batch, time) => batch * time === 4)).message).toMatch(/at batch = 2, time = 2/);
  });

  it('also where only a number differs', async () => {
    expect((await refusal((x: Tensor) => x.mul(x.shape[0] === 1 ? 100 : 3))).message).toMatch(
      /its value .*: it is 100 at batch = 1, where 3 would follow from the other sizes tried/,
    );
    expect((await refusal((x: Tensor) => x.mul(Math.max(x.shape[0]!, 3)))).message).toMatch(
      /it is 3 at batch = 1, where 1 would follow/,
    );
    expect((await refusal((x: Tensor) => x.slice([0, x.shape[0] === 2 ? 1 : 0], [Infinity, 3]))).message).toMatch(
      /batch = 2/,
    );
    expect((await refusal((x: Tensor) => x.add(tensor([x.shape[0] === 1 ? 1 : 0])))).message).toMatch(
      /data that the model makes .* element 0 is 0 at batch = 53, 1 at batch = 1/,
    );
    expect((await refusal((x: Tensor) => pad(x, [[0, x.shape[0] === 1 ? 1 : 0]]).sum(0))).message).toMatch(/batch = 1/);
  });

  it('also where only an axis differs', async () => {
    const square = { inputs: { x: ['batch', 3, 3] } };
    const axis = (x: Tensor): number => (x.shape[0]! <= 2 ? 1 : 2);
    const models: ((x: Tensor) => Tensor)[] = [
      (x) => x.sum(axis(x)),
      (x) => x.max(axis(x)),
      (x) => x.argmax(axis(x)),
      (x) => x.softmax(axis(x)),
      (x) => x.flip(axis(x)),
      (x) => concat([x, x.slice([0, 0, 0], [Infinity, 3, 3])], axis(x)).sum([1, 2]),
      (x) => x.permute(axis(x) === 1 ? [0, 2, 1] : [0, 1, 2]).add(0),
      (x) => iota([3, 3], axis(x) - 1).add(x),
    ];
    for (const [i, model] of models.entries()) {
      const { message } = await refusal(model, square);
      expect(message, `model ${i}`).toMatch(/batch = 53[\s\S]*batch = 1/);
    }
  });

  it('also where the number of axes differs', async () => {
    expect((await refusal((x: Tensor) => x.unsqueeze(1).squeeze())).message).toMatch(
      /float32\[53,4\] at batch = 53, .* float32\[4\] at batch = 1/,
    );
  });

  it('also where the results or the state differ', async () => {
    expect((await refusal((x: Tensor) => (x.shape[0] === 1 ? [x, x] : [x]))).message).toMatch(
      /returns 1 tensor at batch = 53, 2 tensors at batch = 1/,
    );
    const named = (x: Tensor): Record<string, Tensor> => (x.shape[0] === 1 ? { b: x, a: x } : { a: x, b: x });
    expect((await refusal(named)).message).toMatch(/returns \{ a, b \} at batch = 53, \{ b, a \} at batch = 1/);
    const count = variable(zeros([]));
    const counting = (x: Tensor): Tensor => {
      if (x.shape[0] === 1) assign(count, count.add(1));
      return x;
    };
    expect((await refusal(counting)).message).toMatch(/assigns to 1 variable/);
    expect(await count.item()).toBe(0);
  });

  it('also where two inputs change places', async () => {
    const options = { inputs: { a: ['batch', 4], b: ['batch', 4] } };
    const { message } = await refusal((a: Tensor, b: Tensor) => (a.shape[0] === 1 ? b.sub(a) : a.sub(b)), options);
    expect(message).toMatch(/batch = 1/);
  });
});

describe('a model that only leaves out what changes nothing is right at 1', () => {
  const row = tensor(numbers(4), { shape: [1, 4] });
  const models: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    'a row is repeated': (x) => x.mul(row).add(x.mean(0, { keepDims: true })),
    'a row is repeated on purpose': (x) => row.broadcastTo(x.shape).add(x),
    'a scalar becomes a row and is repeated': (x) => x.sum().reshape([1, 1]).broadcastTo(x.shape).add(x),
    'the last row': (x) => x.narrow(0, x.shape[0]! - 1, 1).sub(x.max(0)),
    'every other row': (x) => x.slice([0], undefined, [2]),
    'a slice of a slice': (x) =>
      x
        .narrow(0, 0, x.shape[0]!)
        .narrow(0, x.shape[0]! - 1, 1)
        .narrow(1, 1, 2),
    'rows without the last': (x) => x.narrow(0, 0, x.shape[0]! - 1).sum(0),
    'one row more for each': (x) => pad(x, [[x.shape[0]! - 1, 0]], { value: 2 }),
    'two shapes with the same number of axes': (x) => x.reshape([4, x.shape[0]!]).exp().reshape(x.shape),
    'a product of rows': (x) => x.matmul(x.transpose(0, 1)).softmax(-1),
    'what was made from nothing': (x) =>
      ones([x.shape[0]!, 1])
        .add(iota([x.shape[0]!, 1], 0))
        .mul(x),
    'the variance of the batch': (x) => x.sub(x.mean(0)).mul(x.variance(0, { correction: 0 }).add(1).rsqrt()),
    'gradients of a row': (x) => grad((r: Tensor) => x.mul(r).square().sum())(row),
    'gradients of the input': (x) => grad((t: Tensor) => t.softmax(-1).mul(row).square().sum())(x),
    'what one size computes twice': (x) => {
      const once = x.exp();
      return x.shape[0] === 1 ? once.add(x.exp()) : once.add(once);
    },
  };

  it.each(Object.entries(models))('%s', async (_name, run) => {
    await expectSame(run, rows, batches);
  });

  it('with two free axes, each of them 1 or not', async () => {
    const query = tensor(numbers(4, 3), { shape: [1, 1, 4] });
    await expectSame(
      (x: Tensor) =>
        x
          .add(query)
          .sub(x.mean(1, { keepDims: true }))
          .add(x.narrow(1, x.shape[1]! - 1, 1))
          .matmul(x.transpose(1, 2))
          .softmax(-1)
          .reshape([x.shape[0]! * x.shape[1]!, x.shape[1]!])
          .sum(1),
      both,
      grid,
    );
  });

  it('with images of any size, down to one pixel', async () => {
    const features = new Sequential(
      new Conv2d(1, 3, 3, { padding: 1 }),
      new BatchNorm2d(3),
      new ReLU(),
      new MaxPool2d(3, { stride: 2, padding: 1 }),
      new Conv2d(3, 4, 3, { padding: 1, stride: 2 }),
    ).eval();
    const classifier = new Linear(4, 2);
    const sizes = [
      { batch: 1, height: 1, width: 1 },
      { batch: 1, height: 2, width: 5 },
      { batch: 2, height: 7, width: 1 },
      { batch: 3, height: 8, width: 9 },
    ];
    await expectSame(
      (x: Tensor) => classifier.forward(features.forward(x).max([2, 3])),
      { inputs: { x: ['batch', 1, 'height', 'width'] } },
      sizes,
    );
  });

  it('with series of any length', async () => {
    const weight = tensor(numbers(2 * 4 * 3), { shape: [2, 4, 3] });
    const sizes = [
      { batch: 1, time: 1 },
      { batch: 2, time: 2 },
      { batch: 1, time: 9 },
    ];
    await expectSame(
      (x: Tensor) => {
        const y = conv1d(x, weight, { padding: 'same' });
        return y
          .sub(y.max(2, { keepDims: true }))
          .exp()
          .flip(2)
          .reshape([x.shape[0]!, 2 * x.shape[2]!]);
      },
      { inputs: { x: ['batch', 4, 'time'] } },
      sizes,
    );
  });

  it('with two inputs that share an axis', async () => {
    const options = { inputs: { a: ['batch', 3], b: ['batch', 1] } };
    await expectSame((a: Tensor, b: Tensor) => a.mul(b).add(b.mean(0, { keepDims: true })), options, batches);
  });
});

describe('the sizes tried', () => {
  const countTraces = async (options: ExportOptions): Promise<number[][]> => {
    const seen: number[][] = [];
    await exportOnnx((x: Tensor) => {
      seen.push([...x.shape]);
      return x.exp();
    }, options);
    return seen;
  };

  it('are few: five for one axis, ten for two, three more for each further one', async () => {
    expect(await countTraces({ inputs: { x: [2, 3] } })).toHaveLength(2);
    expect(await countTraces({ inputs: { x: ['a'] } })).toEqual([[53], [59], [62], [1], [2]]);
    const two = await countTraces({ inputs: { x: ['a', 'b'] } });
    expect(two).toHaveLength(10);
    expect(two.slice(4)).toEqual([
      [1, 67],
      [2, 67],
      [53, 1],
      [53, 2],
      [1, 1],
      [2, 2],
    ]);
    expect(await countTraces({ inputs: { x: ['a', 'b', 'c', 'd'] } })).toHaveLength(16);
  });

  it('leave 1 and 2 out where the model does not run there, or where the caller chose others', async () => {
    const windows = (x: Tensor): Tensor => {
      if (x.shape[0]! < 3) throw new Error('three rows at least');
      return x.narrow(0, 2, x.shape[0]! - 2);
    };
    await expectSame(windows, rows, [{ batch: 3 }, { batch: 4 }, { batch: 9 }]);
    const even = (x: Tensor): Tensor =>
      x.shape[0]! % 32 === 0 ? x.exp() : pad(x, [[0, 32 - (x.shape[0]! % 32)]]).exp();
    await expectSame(even, { ...rows, sizes: { batch: [32, 64, 160] } }, [{ batch: 32 }, { batch: 96 }]);
    expect((await refusal(even)).message).toMatch(/batch/);
  });
});
