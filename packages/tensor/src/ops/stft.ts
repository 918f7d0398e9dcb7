/** Transforms of the parts of a signal, and the signal that they are of. */
import {
  checkOptions,
  oneOf,
  requireBoolean,
  requireInteger,
  wrongArgument,
  type OptionNames,
} from '../arguments/index.ts';
import { ShapeError } from '../graph/errors.ts';
import { largestSize } from '../graph/types.ts';
import { isTensor, requireTensor } from '../handle.ts';
import type { Tensor } from '../tensor.ts';
import { ones } from './creation.ts';
import { longestTransform, requireComplex } from './fft.ts';
import { complexOf, complexTransform, realInverse, realTransform, type FourierNorm } from './fourier.ts';
import { narrow, transpose } from './movement.ts';
import { pad, type PaddingMode } from './padding.ts';
import { fold, unfold } from './windows.ts';

export interface StftOptions {
  /** From the beginning of one frame to that of the next. Default: a fourth of the length of the transform. */
  hopLength?: number | undefined;
  /** Length of the window, which stands in the middle of the frame. Default: that of the transform. */
  windowLength?: number | undefined;
  /** Weights [windowLength], as of `hannWindow`. Default: ones. */
  window?: Tensor | undefined;
  /** Whether frame t has hopLength · t in its middle, for which the signal is continued on both sides; else it begins there. Default true. */
  center?: boolean;
  /** How the signal is continued. Default 'reflect'. */
  paddingMode?: PaddingMode;
  /** Whether both transforms are divided by √length, so that they keep the energy of a frame; else the inverse by the length. Default false. */
  normalized?: boolean;
  /** Whether frequencies above the half, which say nothing new of a real signal, are left out. Default true. */
  onesided?: boolean;
}

export interface IstftOptions extends Omit<StftOptions, 'paddingMode'> {
  /** Length of the signal. Default: what the frames hold. */
  length?: number | undefined;
}

const shared = {
  hopLength: true,
  windowLength: true,
  window: true,
  center: requireBoolean,
  normalized: requireBoolean,
  onesided: requireBoolean,
} as const;
const stftOptions: OptionNames<StftOptions> = {
  ...shared,
  paddingMode: oneOf('constant', 'reflect', 'replicate', 'circular'),
};
const istftOptions: OptionNames<IstftOptions> = { ...shared, length: true };

interface Frames {
  readonly hop: number;
  /** [fftLength], or undefined: ones. */
  readonly window: Tensor | undefined;
  readonly center: boolean;
  readonly norm: FourierNorm;
  readonly onesided: boolean;
}

function resolve(op: string, fftLength: number, options: Omit<StftOptions, 'paddingMode'>): Frames {
  requireInteger(op, 'fftLength', fftLength, 1, longestTransform);
  const { hopLength = Math.max(1, Math.floor(fftLength / 4)), windowLength = fftLength } = options;
  const { window, center = true, normalized = false, onesided = true } = options;
  requireInteger(op, 'hopLength', hopLength, 1, largestSize);
  requireInteger(op, 'windowLength', windowLength, 1, fftLength);
  if (window !== undefined) {
    if (!isTensor(window)) throw wrongArgument(op, 'window', 'a tensor', window, 'Make one with hannWindow.');
    if (window.ndim !== 1 || window.size !== windowLength) {
      throw new ShapeError(`[${op}] the window must be [${windowLength}], not ${window}.`, {
        hint: 'One that is shorter than the transform needs its windowLength.',
      });
    }
  }
  const before = Math.floor((fftLength - windowLength) / 2);
  const around = [[before, fftLength - windowLength - before]] as const;
  const given = window?.to('float32') ?? (windowLength < fftLength ? ones([windowLength]) : undefined);
  return {
    hop: hopLength,
    window: given && pad(given, around),
    center,
    norm: normalized ? 'ortho' : 'backward',
    onesided,
  };
}

/**
 * The short-time Fourier transform of real signals, float32: [..., time] → [..., frequencies, frames, 2]. Each frame is `fftLength` elements long, is
 * weighted by the window and transformed by {@link rfft}: ⌊fftLength/2⌋ + 1 frequencies, or `fftLength` where not `onesided`. There are
 * ⌊(time − fftLength) / hopLength⌋ + 1 frames, with `center` ⌊time / hopLength⌋ + 1 for an even length.
 *
 * Throws {@link ShapeError} where x has no axis or is shorter than a frame, and for a window of another length, {@link ArgumentError} for options out
 * of range.
 *
 * ```ts
 * const x = tensor([1, 2, 3, 4, 5, 6]);
 * await stft(x, 4, { hopLength: 2, center: false }).toArray(); // [[[10, 0], [18, 0]], [[-2, 2], [-2, 2]], [[-2, 0], [-2, 0]]]
 * const spectrum = stft(zeros([16_000]), 400, { hopLength: 160, window: hannWindow(400) });
 * spectrum.shape; // [201, 101, 2]
 * spectrum.square().sum(-1).shape; // [201, 101], the power
 * ```
 */
export function stft(x: Tensor, fftLength: number, options: StftOptions = {}): Tensor {
  requireTensor('stft', 'x', x);
  if (x.ndim === 0) throw new ShapeError(`[stft] takes signals [..., time], not ${x}.`);
  checkOptions('stft', options, stftOptions);
  const { paddingMode = 'reflect', ...others } = options;
  const { hop, window, center, norm, onesided } = resolve('stft', fftLength, others);
  const border = Math.floor(fftLength / 2);
  const last = x.ndim - 1;
  const time = x.shape[last] ?? 0;
  if (center && paddingMode === 'reflect' && time <= border)
    throw new ShapeError(`[stft] ${x} is too short to be continued by reflecting ${border} elements.`, {
      hint: "Choose another paddingMode, such as 'constant', or center: false.",
    });
  const around = x.shape.map((_, axis): [number, number] => (axis === last ? [border, border] : [0, 0]));
  const signal = center ? pad(x.to('float32'), around, { mode: paddingMode }) : x.to('float32');
  if ((signal.shape[last] ?? 0) < fftLength)
    throw new ShapeError(`[stft] ${x} is shorter than a frame of ${fftLength} elements.`);
  const frames = unfold(signal, [fftLength], { stride: hop });
  const weighted = window === undefined ? frames : frames.mul(window);
  const along = { axis: last + 1, length: fftLength, norm };
  const spectrum = onesided ? realTransform(weighted, along) : complexTransform(complexOf(weighted), along, -1);
  return transpose(spectrum, last, last + 1);
}

/**
 * The signal of which {@link stft} with the same options gives x: [..., frequencies, frames, 2] → real [..., time]. Of frames that no signal has (as
 * of changed spectra) it is the signal whose transform is nearest (Griffin & Lim, 1984): the frames are weighted by the window and
 * added, and divided by the sum of its squares. Where no window lies that sum is 0, and the result NaN.
 *
 * Throws {@link ShapeError} where x does not have the frequencies of `fftLength`, and for a window of another length, {@link ArgumentError} for options
 * out of range.
 *
 * ```ts
 * const x = tensor([1, 2, 3, 4, 5, 6, 7, 8]);
 * const options = { window: hannWindow(4), hopLength: 1 };
 * await istft(stft(x, 4, options), 4, options).toArray(); // [1, 2, 3, 4, 5, 6, 7, 8]
 * ```
 */
export function istft(x: Tensor, fftLength: number, options: IstftOptions = {}): Tensor {
  requireComplex('istft', x);
  checkOptions('istft', options, istftOptions);
  const { length, ...others } = options;
  const { hop, window, center, norm, onesided } = resolve('istft', fftLength, others);
  const frequencies = onesided ? Math.floor(fftLength / 2) + 1 : fftLength;
  const last = x.ndim - 3;
  const count = x.shape[last + 1] ?? 0;
  if (last < 0 || x.shape[last] !== frequencies || count === 0) {
    throw new ShapeError(
      `[istft] takes [..., ${frequencies}, frames, 2], which is what a transform of length ${fftLength} has, not ${x}.`,
    );
  }
  const whole = fftLength + hop * (count - 1);
  const border = center ? Math.floor(fftLength / 2) : 0;
  if (length !== undefined) requireInteger('istft', 'length', length, 1, largestSize);
  const end = length === undefined ? whole - border : Math.min(border + length, whole);
  if (end <= border)
    throw new ShapeError(`[istft] the frames of ${x} are too short: nothing is left between both ends.`);
  // Of all frequencies those of the half count, as in PyTorch.
  const half = narrow(x.to('float32'), last, 0, Math.floor(fftLength / 2) + 1);
  const frames = realInverse(transpose(half, last, last + 1), { axis: last + 1, length: fftLength, norm });
  const added = (parts: Tensor): Tensor => narrow(fold(parts, [whole], { stride: hop }), -1, border, end - border);
  const squares = (window ?? ones([fftLength])).square().broadcastTo([count, fftLength]);
  const signal = added(window === undefined ? frames : frames.mul(window)).div(added(squares));
  const missing = length === undefined ? 0 : length - (end - border);
  return pad(
    signal,
    signal.shape.map((_, axis): [number, number] => [0, axis === last ? missing : 0]),
  );
}
