/** Layers with spatial axes or a sequence: files take them of any size. */
import * as layers from '@hebb/layers';
import { setDevice, type Tensor } from '@hebb/tensor';
import { beforeAll, expect, it } from 'vitest';
import { exportOnnx, OnnxExportError, type OnnxSource } from '@hebb/onnx';
import { expectSame } from './support/compare.ts';

beforeAll(() => setDevice('reference'));

const inputs = {
  line: { inputs: { x: ['batch', 4, 'length'] } },
  image: { inputs: { x: ['batch', 4, 'height', 'width'] } },
  volume: { inputs: { x: ['batch', 4, 'depth', 'height', 'width'] } },
  rows: { inputs: { x: ['batch', 'length', 4] } },
} as const;
const sizes = [
  { batch: 1, length: 8, depth: 4, height: 6, width: 9 },
  { batch: 2, length: 13, depth: 5, height: 11, width: 7 },
];

const lstm = new layers.LSTM(4, 3, { batchFirst: true });
const attention = new layers.MultiheadAttention(4, 2, { batchFirst: true });

it.each<[string, keyof typeof inputs, OnnxSource]>([
  ['Conv1d, circular', 'line', new layers.Conv1d(4, 3, 3, { padding: 'same', paddingMode: 'circular' })],
  ['Conv2d, reflect', 'image', new layers.Conv2d(4, 3, 3, { padding: 2, paddingMode: 'reflect' })],
  ['Conv2d, replicate', 'image', new layers.Conv2d(4, 3, 3, { padding: 2, paddingMode: 'replicate' })],
  ['Conv3d, strided', 'volume', new layers.Conv3d(4, 3, 2, { stride: 2 })],
  ['ConvTranspose1d', 'line', new layers.ConvTranspose1d(4, 3, 3, { stride: 2, outputPadding: 1 })],
  ['ConvTranspose2d', 'image', new layers.ConvTranspose2d(4, 4, 3, { stride: 2, padding: 1, groups: 2 })],
  ['ConvTranspose3d', 'volume', new layers.ConvTranspose3d(4, 2, 2, { dilation: 2 })],
  ['SeparableConv2d', 'image', new layers.SeparableConv2d(4, 3, 3)],
  ['Unfold', 'image', new layers.Unfold(2)],
  ['Unfold, strided', 'image', new layers.Unfold([2, 3], { padding: 1, stride: 2 })],
  ['Upsample, nearest', 'line', new layers.Upsample({ scaleFactor: 2 })],
  ['Upsample, linear', 'line', new layers.Upsample({ scaleFactor: 2, mode: 'linear' })],
  ['Upsample, bilinear', 'image', new layers.Upsample({ scaleFactor: 1.5, mode: 'bilinear' })],
  ['Upsample, corners', 'image', new layers.Upsample({ scaleFactor: 2, mode: 'bilinear', alignCorners: true })],
  ['Upsample, bicubic', 'image', new layers.Upsample({ scaleFactor: 2, mode: 'bicubic' })],
  ['Upsample, to a size', 'image', new layers.Upsample({ size: [5, 7], mode: 'bilinear' })],
  ['Upsample, trilinear', 'volume', new layers.Upsample({ scaleFactor: 2, mode: 'trilinear' })],
  ['UpsamplingNearest2d', 'image', new layers.UpsamplingNearest2d({ scaleFactor: [2, 3] })],
  ['PixelShuffle', 'image', new layers.PixelShuffle(2)],
  ['PixelUnshuffle', 'image', new layers.Sequential(new layers.PixelShuffle(2), new layers.PixelUnshuffle(2))],
  ['ChannelShuffle', 'image', new layers.ChannelShuffle(2)],
  ['ConstantPad1d', 'line', new layers.ConstantPad1d(1, 0.5)],
  ['ZeroPad2d', 'image', new layers.ZeroPad2d([1, 0, 2, 1])],
  ['ReflectionPad1d', 'line', new layers.ReflectionPad1d(2)],
  ['ReflectionPad2d', 'image', new layers.ReflectionPad2d(1)],
  ['ReplicationPad3d', 'volume', new layers.ReplicationPad3d(1)],
  ['CircularPad2d', 'image', new layers.CircularPad2d(1)],
  ['CircularPad3d', 'volume', new layers.CircularPad3d(1)],
  ['InstanceNorm1d', 'line', new layers.InstanceNorm1d(4, { affine: true })],
  ['InstanceNorm2d', 'image', new layers.InstanceNorm2d(4)],
  ['InstanceNorm3d', 'volume', new layers.InstanceNorm3d(4)],
  ['BatchNorm3d', 'volume', new layers.BatchNorm3d(4)],
  ['GroupNorm', 'image', new layers.GroupNorm(2, 4)],
  ['LocalResponseNorm', 'image', new layers.LocalResponseNorm(3)],
  ['LocalResponseNorm of series', 'line', new layers.LocalResponseNorm(2)],
  ['LayerNorm', 'rows', new layers.LayerNorm(4)],
  ['LSTM', 'rows', (x: Tensor) => lstm.forward(x).output],
  ['MultiheadAttention', 'rows', (x: Tensor) => attention.forward(x, x, x).output],
  [
    'TransformerEncoderLayer',
    'rows',
    new layers.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, batchFirst: true }),
  ],
])('%s', async (_name, kind, model) => {
  if (model instanceof layers.Module) model.eval();
  await expectSame(model, inputs[kind], sizes);
});

it('the nearest pixels of a free size at a given one are refused', async () => {
  await expect(exportOnnx(new layers.Upsample({ size: [5, 7] }), inputs.image)).rejects.toBeInstanceOf(OnnxExportError);
});
