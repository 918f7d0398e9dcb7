/** Convolutional networks: as modules, beside PyTorch, at sizes that they take and at others. */
import { summary, type Module } from '@hebb/layers';
import {
  dryRun,
  ArgumentError,
  concat,
  manualSeed,
  randn,
  setDevice,
  ShapeError,
  tensor,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportOnnx, runOnnx, verifyOnnx } from '../../onnx/src/index.ts';
import {
  ConvNeXt,
  ConvolutionalNetwork,
  LeNet5,
  MobileNetV2,
  ResNet,
  TemporalConvolutionalNetwork,
  UNet,
  VGG,
  type TemporalState,
} from '../src/index.ts';
import { convolutionalTypes } from '../src/convolutional/types.ts';
import { golden } from '../../tensor/test/support/golden.ts';
import { compareWithGoldens } from './support/goldens.ts';
import { of, walk, ways, x } from './support/walk.ts';

const image = [x(['batch', 2, 8, 8])];

describe('convolutional architectures', () => {
  walk(
    {
      ConvNeXt: of(
        () =>
          new ConvNeXt({
            depths: [1, 1],
            widths: [2, 3],
            patchSize: 2,
            kernelSize: 3,
            channels: 2,
            classes: 3,
            dropPath: 0,
            layerScale: 0.5,
          }),
        image,
        1,
      ),
      ConvolutionalNetwork: of(
        () => new ConvolutionalNetwork({ imageSize: [4, 6], classes: 3, features: [2], hidden: 4, dropout: 0 }),
        [x(['batch', 1, 4, 6])],
        1,
      ),
      LeNet5: of(() => new LeNet5({ imageSize: 28, classes: 3 }), [x(['batch', 1, 28, 28])], 1, {
        sizes: [{ batch: 1 }, { batch: 3 }],
      }),
      MobileNetV2: of(
        () => new MobileNetV2({ stages: [[1, 8, 1, 1], [2, 8, 2, 2]], widthMultiplier: 0.25, channels: 2, classes: 3, dropout: 0 }), // prettier-ignore
        image,
        1,
      ),
      ResNet: ways(
        of(() => new ResNet({ blocks: [1, 1], width: 2, channels: 2, classes: 3, stem: 'small' }), image, 1),
        of(() => new ResNet({ blocks: [1, 1], bottleneck: true, width: 2, channels: 2, classes: 3 }), image, 1),
      ),
      TemporalConvolutionalNetwork: of(
        () => new TemporalConvolutionalNetwork({ inputs: 2, outputs: 3, hidden: [3, 3, 2], kernelSize: 2, dropout: 0 }),
        [x(['batch', 'time', 2])],
        -1,
      ),
      UNet: ways(
        of(() => new UNet({ channels: 2, classes: 3, widths: [2, 3, 4], dropout: 0 }), image, 1),
        of(() => new UNet({ channels: 2, classes: 1, widths: [2, 3], batchNorm: true, dropout: 0 }), [x(['batch', 2, 5, 7])], 1), // prettier-ignore
      ),
      VGG: ways(
        of(() => new VGG({ stages: [[2, 3], [3]], channels: 2, classes: 3, pooled: 2, hidden: [4], dropout: 0 }), image, 1), // prettier-ignore
        of(() => new VGG({ stages: [[2], [3]], channels: 2, classes: 3, batchNorm: true, pooled: 1, hidden: [], dropout: 0 }), image, 1), // prettier-ignore
      ),
    },
    convolutionalTypes,
  );
});

compareWithGoldens('convolutional');

describe('published sizes', () => {
  beforeAll(() => setDevice('wasm'));

  // The numbers of torchvision's documentation.
  it.each<[string, () => Module, number]>([
    ['ResNet-18', () => new ResNet({ depth: 18 }), 11_689_512],
    ['ResNet-34', () => new ResNet({ depth: 34 }), 21_797_672],
    ['ResNet-50', () => new ResNet({ depth: 50 }), 25_557_032],
    ['MobileNetV2', () => new MobileNetV2(), 3_504_872],
    ['ConvNeXt-T', () => new ConvNeXt(), 28_589_128],
    ['VGG-11', () => new VGG({ depth: 11 }), 132_863_336],
    ['VGG-19 with batch normalisation', () => new VGG({ depth: 19, batchNorm: true }), 143_678_248],
  ])('%s has as many parameters', (_name, make, count) => {
    // Initial weights would wait for the next value that is read: gigabytes, for nothing.
    expect(dryRun(make).parameterCount).toBe(count);
  });

  it.each<[string, () => Module]>([
    ['ResNet-18', () => new ResNet({ depth: 18 })],
    ['ResNet-34', () => new ResNet({ depth: 34 })],
    ['ResNet-50', () => new ResNet({ depth: 50 })],
    ['MobileNetV2', () => new MobileNetV2()],
    ['ConvNeXt-T', () => new ConvNeXt()],
    ['VGG-16 with batch normalisation', () => new VGG({ depth: 16, batchNorm: true })],
  ])('%s has all names of torchvision, in order, with their shapes', (name, make) => {
    const lists = golden(new URL('golden/convolutional-names.json', import.meta.url)) as Record<string, string[]>;
    expect([...dryRun(make).stateDict()].map(([key, { shape }]) => `${key} ${shape.join('x')}`.trim())).toEqual(
      lists[name],
    );
  });

  it('has the multiply–adds of the papers', () => {
    const cost = (model: Module): number => summary(model, [1, 3, 224, 224]).multiplyAdds / 1e9;
    expect(cost(new ResNet({ depth: 18 }))).toBeCloseTo(1.814, 3);
    expect(cost(new ResNet({ depth: 50 }))).toBeCloseTo(4.089, 3);
    expect(cost(new MobileNetV2())).toBeCloseTo(0.301, 3);
    expect(cost(new ConvNeXt())).toBeCloseTo(4.456, 3);
  });
});

/** Mean and standard deviation of all elements. */
async function moments(value: Tensor): Promise<[mean: number, std: number]> {
  return [await value.mean().item(), Math.sqrt(await value.sub(value.mean()).square().mean().item())];
}

describe('what they begin with', () => {
  beforeAll(() => setDevice('wasm'));

  const weight = (model: Module, path: string): Tensor => model.getMember(path) as Tensor;
  it.each<[string, () => Module, string, number]>([
    [
      'ResNet: variance 2 / fan-out',
      () => new ResNet({ blocks: [1] }),
      'layer1.0.conv1.weight',
      Math.sqrt(2 / (64 * 9)),
    ],
    ['VGG: variance 2 / fan-out', () => new VGG({ stages: [[64, 64]], pooled: 1 }), 'features.2.weight', Math.sqrt(2 / (64 * 9))], // prettier-ignore
    [
      'VGG: 0.01 in linear layers',
      () => new VGG({ stages: [[64]], pooled: 2, hidden: [256] }),
      'classifier.0.weight',
      0.01,
    ],
    ['MobileNetV2: 0.01', () => new MobileNetV2({ stages: [[1, 8, 1, 1]] }), 'classifier.1.weight', 0.01],
    ['ConvNeXt: 0.02', () => new ConvNeXt({ depths: [1], widths: [96] }), 'features.1.0.block.3.weight', 0.02],
    ['U-Net: variance 2 / fan-in', () => new UNet({ widths: [32, 64] }), 'encoder.1.0.weight', Math.sqrt(2 / (32 * 9))],
  ])('%s', async (_name, make, path, std) => {
    const [mean, found] = await moments(weight(make(), path));
    expect(Math.abs(mean)).toBeLessThan(std / 20);
    expect(found / std).toBeGreaterThan(0.97);
    expect(found / std).toBeLessThan(1.03);
  });

  it('a ResNet with zeroInitResidual is at first the way around its blocks', async () => {
    const [plain, without] = [1, 3].map((count) => {
      manualSeed(3);
      return new ResNet({ blocks: [count], width: 4, stem: 'small', classes: 2, zeroInitResidual: true }).eval();
    }) as [ResNet, ResNet];
    without.loadStateDict(plain.stateDict(), { strict: false });
    const input = randn([2, 3, 8, 8]);
    expect(await without.forward(input).toArray()).toEqual(await plain.forward(input).toArray());
  });
});

describe('images that do not fit', () => {
  it.each<[string, () => unknown, string]>([
    ['another size', () => new LeNet5().forward(zeros([1, 1, 28, 28])), '[LeNet5] takes images [batch, 1, 32, 32], not float32[1,1,28,28]'], // prettier-ignore
    ['another number of channels', () => new ResNet({ blocks: [1], width: 4 }).forward(zeros([1, 1, 32, 32])), '[ResNet] takes images [batch, 3, height, width], not float32[1,1,32,32]'], // prettier-ignore
    ['no batch', () => new UNet({ widths: [2, 4] }).forward(zeros([1, 8, 8])), 'A single image needs an axis in front'],
    ['sequences with features in the middle', () => new TemporalConvolutionalNetwork({ inputs: 2, outputs: 1 }).forward(zeros([1, 2, 9])), 'takes sequences [batch, time, 2], not float32[1,2,9]'], // prettier-ignore
  ])('%s', (_name, call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  const vgg = new VGG({ stages: [[2], [2], [2]], channels: 1, classes: 2, pooled: 1, hidden: [] });
  const convNeXt = new ConvNeXt({ depths: [1, 1], widths: [2, 4], patchSize: 3, channels: 1, classes: 2 });
  const network = new ConvolutionalNetwork({ imageSize: [8, 6], classes: 2, features: [2] });
  it.each<[string, () => unknown, string]>([
    [
      'halved away',
      () => vgg.forward(zeros([1, 1, 4, 8])),
      '[VGG] takes images of at least 8 × 8, not float32[1,1,4,8]',
    ],
    ['less than a patch', () => convNeXt.forward(zeros([1, 1, 9, 5])), '[ConvNeXt] takes images of at least 6 × 6, not float32[1,1,9,5]'], // prettier-ignore
    ['nothing', () => new ResNet({ blocks: [1], width: 4, channels: 1 }).forward(zeros([1, 1, 0, 0])), '[ResNet] takes images of at least 1 × 1'], // prettier-ignore
    ['no width', () => new UNet({ widths: [2, 4], channels: 1 }).forward(zeros([1, 1, 8, 0])), '[UNet] takes images of at least 1 × 1'], // prettier-ignore
    ['of another size than was said', () => network.forward(zeros([1, 1, 6, 8])), '[ConvolutionalNetwork] takes images [batch, 1, 8, 6], not float32[1,1,6,8]'], // prettier-ignore
  ])('an image %s is an error of the network', (_name, call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  it('the smallest that are said to fit do', () => {
    expect(vgg.forward(zeros([1, 1, 8, 8])).shape).toEqual([1, 2]);
    expect(convNeXt.forward(zeros([1, 1, 6, 6])).shape).toEqual([1, 2]);
  });

  it('sequences without a step, and a state of other sequences, are errors of the network', () => {
    const model = new TemporalConvolutionalNetwork({ inputs: 2, outputs: 1, hidden: [3, 4], kernelSize: 3 });
    expect(() => model.forward(zeros([1, 0, 2]))).toThrow(
      '[TemporalConvolutionalNetwork] sequences have no step, float32[1,0,2].',
    );
    const { state } = model.advance(zeros([2, 5, 2]));
    expect(() => model.advance(zeros([1, 5, 2]), state)).toThrow('[TemporalConvolutionalNetwork] state[0] must be [1, 2, 2] for these sequences, not float32[2,2,2].'); // prettier-ignore
    expect(() => model.advance(zeros([2, 5, 2]), [...state].reverse())).toThrow('state[0] must be [2, 2, 2]');
    expect(model.advance(zeros([2, 1, 2]), state).output.shape).toEqual([2, 1, 1]);
  });
});

it.each<[string, () => unknown, string]>([
  ['a depth that there is not', () => new ResNet({ depth: 20 as 18 }), 'depth'],
  ['five stages', () => new ResNet({ blocks: [1, 1, 1, 1, 1] }), 'one to four stages'],
  ['an even kernel', () => new ConvNeXt({ kernelSize: 4 }), 'odd'],
  ['stages of which one has no width', () => new ConvNeXt({ depths: [1, 1], widths: [4] }), '2 depths and 1 widths'],
  ['a stage without a stride', () => new MobileNetV2({ stages: [[1, 2, 3]] as never }), 'stages[0]'],
  ['no width', () => new UNet({ widths: [] }), 'the length of widths'],
  ['blocks beside a depth', () => new ResNet({ depth: 18, blocks: [1] }), '[ResNet] depth and blocks say the same in two ways: depth is 18, and blocks are'], // prettier-ignore
  ['stages beside a depth', () => new VGG({ depth: 11, stages: [[1]] }), '[VGG] depth and stages say the same in two ways'], // prettier-ignore
  ['an image size of 30', () => new LeNet5({ imageSize: 30 as 28 }), 'imageSize'],
])('says what is wrong with %s', (_name, make, message) => {
  expect(make).toThrow(ArgumentError);
  expect(make).toThrow(message);
});

it.each<[string, () => Module]>([
  ['ResNet', () => new ResNet({ blocks: [1, 1], width: 2, channels: 1, classes: 3 })],
  ['MobileNetV2', () => new MobileNetV2({ stages: [[1, 8, 1, 1], [2, 8, 2, 2]], channels: 1, classes: 3 })], // prettier-ignore
])('%s is a file with free batch, height and width, of multiples of its strides', async (_name, make) => {
  setDevice('wasm');
  const model = make().eval();
  const bytes = await exportOnnx(model, {
    inputs: { image: ['batch', 1, 'height', 'width'] },
    outputs: ['logits'],
    sizes: { height: [8, 24, 40], width: [16, 32, 56] },
  });
  for (const shape of [
    [1, 1, 8, 16],
    [3, 1, 32, 24],
  ]) {
    // prettier-ignore
    const input = randn(shape);
    const { logits } = await runOnnx(bytes, { image: input });
    expect(logits?.shape).toEqual([shape[0], 3]);
    const apart = await (logits as Tensor).sub(model.forward(input)).abs().max().item();
    expect(apart).toBeLessThan(1e-5);
  }
});

describe('U-Net', () => {
  beforeAll(() => setDevice('wasm'));

  it('says of which multiples the height and width of a file can be free, and they can', async () => {
    const model = new UNet({ widths: [2, 3, 4] });
    const inputs = { image: ['batch', 1, 'height', 'width'] } as const;
    const sizes = { height: [8, 12, 20], width: [8, 12, 20] } as const;
    const said = 'multiples of 4: { sizes: { height: [8, 12, 20], width: [8, 12, 20] } }.';
    await expect(exportOnnx(model, { inputs })).rejects.toThrow(said);
    const bytes = await exportOnnx(model, { inputs, sizes });
    for (const [height, width] of [
      [4, 36],
      [16, 8],
    ] as const)
      // prettier-ignore
      expect((await verifyOnnx(bytes, model, randn([2, 1, height, width]))).ok).toBe(true);
  });

  it('gives as many pixels as it takes, at every size', () => {
    const model = new UNet({ widths: [2, 3, 4], classes: 2 }).eval();
    for (const [height, width] of [
      [1, 1],
      [2, 5],
      [4, 8],
      [13, 17],
    ] as const)
      // prettier-ignore
      expect(model.forward(zeros([1, 1, height, width])).shape).toEqual([1, 2, height, width]);
  });

  it('takes over what the left side saw: a single pixel is seen at its place, and the whole U sees far', async () => {
    manualSeed(5);
    const model = new UNet({ widths: [4, 8, 8], classes: 1 }).eval();
    const change = async (row: number, column: number): Promise<readonly number[]> => {
      const at = zeros([1, 1, 32, 32]);
      const lit = new Float32Array(32 * 32);
      lit[row * 32 + column] = 1;
      return [
        ...(await model
          .forward(tensor(lit, { shape: [1, 1, 32, 32] }))
          .sub(model.forward(at))
          .abs()
          .data()),
      ].map(Number);
    };
    const differences = await change(16, 16);
    const rows = differences.flatMap((value, i) => (value > 1e-7 ? [Math.floor(i / 32)] : []));
    expect(differences[16 * 32 + 16]).toBeGreaterThan(0.01);
    // Two convolutions at 32, 16, 8 pixels and back: at least 5 pixels further than the upper level alone sees, 4.
    expect(Math.max(...rows) - 16).toBeGreaterThan(9);
  });

  it('is a file with free batch, height and width, of multiples', async () => {
    const model = new UNet({ widths: [2, 3, 4], classes: 2, batchNorm: true }).eval();
    const bytes = await exportOnnx(model, {
      inputs: { image: ['batch', 1, 'height', 'width'] },
      outputs: ['logits'],
      sizes: { height: [4, 12, 20], width: [8, 16, 28] },
    });
    for (const shape of [
      [1, 1, 4, 4],
      [3, 1, 16, 24],
      [2, 1, 40, 8],
    ]) {
      // prettier-ignore
      const input = randn(shape);
      const { logits } = await runOnnx(bytes, { image: input });
      expect(logits?.shape).toEqual([shape[0], 2, shape[2], shape[3]]);
      const apart = await (logits as Tensor).sub(model.forward(input)).abs().max().item();
      expect(apart).toBeLessThan(1e-5);
    }
  });
});

describe('temporal convolutional network', () => {
  beforeAll(() => setDevice('wasm'));

  const model = new TemporalConvolutionalNetwork({ inputs: 2, outputs: 3, hidden: [4, 4, 4], kernelSize: 3 }).eval();

  it('does not move an output when what comes later changes', async () => {
    const input = randn([2, 20, 2]);
    const at = async (x: Tensor): Promise<unknown> => await model.forward(x).narrow(1, 0, 9).toArray();
    const later = randn([2, 11, 2]);
    expect(await at(concat([input.narrow(1, 0, 9), later], 1))).toEqual(await at(input));
  });

  it('sees as far back as it says', async () => {
    expect(model.receptiveField).toBe(1 + 2 * 2 * (1 + 2 + 4));
    const input = randn([1, 40, 2]);
    const last = async (x: Tensor): Promise<readonly number[]> =>
      [...(await model.forward(x).narrow(1, 39, 1).data())].map(Number);
    const changed = (steps: number): Tensor =>
      concat([randn([1, 40 - steps, 2]).mul(3), input.narrow(1, 40 - steps, steps)], 1);
    expect(await last(changed(29))).toEqual(await last(input));
    expect(await last(changed(20))).not.toEqual(await last(input));
  });

  it('in pieces gives what the whole gives at once', async () => {
    const input = randn([2, 37, 2]);
    const outputs: Tensor[] = [];
    let state: TemporalState | undefined;
    for (const [start, length] of [
      [0, 1],
      [1, 5],
      [6, 20],
      [26, 1],
      [27, 10],
    ] as const) {
      // prettier-ignore
      const piece = model.advance(input.narrow(1, start, length), state);
      outputs.push(piece.output);
      state = piece.state;
    }
    const apart = await concat(outputs, 1).sub(model.forward(input)).abs().max().item();
    expect(apart).toBeLessThan(1e-5);
  });

  it('says when a state is not one of its own', () => {
    expect(() => model.advance(zeros([1, 3, 2]), [])).toThrow('a tensor for each of 6 convolutions, not 0');
  });
});
