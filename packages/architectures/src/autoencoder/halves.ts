/** The two halves of an autoencoder: layers that make an example small, and the same in a mirror. */
import { BatchNorm2d, Conv2d, ConvTranspose2d, Flatten, Linear, Unflatten, type Module } from '@hebb/layers';
import { activationNamed, type ActivationName } from '../activation.ts';

export interface HalvesOptions {
  /** Of an example; [channels, height, width] where there are convolutions. */
  readonly shape: readonly number[];
  /** Channels of convolutions that halve an image each. */
  readonly features?: readonly number[];
  /** Whether batch normalisation follows each of them. */
  readonly batchNorm?: boolean;
  /** Widths of linear layers behind them. */
  readonly hidden: readonly number[];
  /** Behind each of all these layers. */
  readonly activation: ActivationName;
}

export interface Halves {
  /** From an example to `width` numbers. */
  readonly down: readonly Module[];
  readonly width: number;
  /** From so many numbers to an example: layers, the last of which has no activation. */
  readonly up: (from: number) => readonly Module[];
}

type ConvolutionalOptions = Pick<HalvesOptions, 'activation' | 'batchNorm'> & {
  readonly channels: number;
  readonly features: readonly number[];
  /** Where it is not known all extents have to be multiples of 2^features. */
  readonly extents?: readonly number[] | undefined;
};

export interface ConvolutionalHalves {
  readonly down: readonly Module[];
  readonly up: readonly Module[];
  /** Height and width of what is between them, where those of images are known. */
  readonly extents: readonly number[] | undefined;
}

const halved = (extent: number): number => Math.ceil(extent / 2);

/** 3 × 3 convolutions of stride 2, and transposed ones that give every extent back. */
export function convolutionalHalves(where: string, options: ConvolutionalOptions): ConvolutionalHalves {
  const { channels, features, activation, batchNorm = false } = options;
  const act = (): Module => activationNamed(activation);
  const norm = (width: number): Module[] => (batchNorm ? [new BatchNorm2d(width)] : []);
  const down: Module[] = [];
  const up: Module[] = [];
  let extents = options.extents;
  for (const [i, width] of features.entries()) {
    const before = features[i - 1] ?? channels;
    // Of an odd extent as many pixels come back without another one at the end.
    const outputPadding = extents === undefined ? 1 : extents.map((extent) => 1 - (extent % 2));
    down.push(new Conv2d(before, width, 3, { stride: 2, padding: 1, bias: !batchNorm }), ...norm(width), act());
    const isLast = i === 0;
    up.unshift(
      new ConvTranspose2d(width, before, 3, { stride: 2, padding: 1, outputPadding, bias: isLast || !batchNorm }),
      ...(isLast ? [] : [...norm(before), act()]),
    );
    extents = extents?.map(halved);
  }
  return { down, up, extents };
}

function linearHalves(where: string, { shape, hidden, activation }: HalvesOptions): Halves {
  const inputs = shape.reduce((a, b) => a * b, 1);
  const chain = (widths: readonly number[]): Module[] =>
    widths.slice(1).flatMap((width, i) => [new Linear(widths[i] ?? 0, width), activationNamed(activation)]);
  return {
    down: [new Flatten(), ...chain([inputs, ...hidden])],
    width: hidden.at(-1) ?? inputs,
    up: (from) => [
      ...chain([from, ...[...hidden].reverse()]),
      new Linear(hidden[0] ?? from, inputs),
      new Unflatten(1, shape),
    ],
  };
}

/** Convolutions, where there are any, and linear layers. */
export function halvesOf(where: string, options: HalvesOptions): Halves {
  const { shape, features = [], activation, batchNorm = false } = options;
  const [channels = 0, ...extents] = shape;
  if (features.length === 0) return linearHalves(where, options);
  const outer = convolutionalHalves(where, { channels, features, extents, activation, batchNorm });
  const inner = linearHalves(where, { ...options, shape: [features.at(-1) ?? 0, ...(outer.extents ?? [])] });
  return {
    down: [...outer.down, ...inner.down],
    width: inner.width,
    up: (from) => [...inner.up(from), activationNamed(activation), ...outer.up],
  };
}
