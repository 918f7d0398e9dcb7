/** Filters that gather the frequencies of a spectrum by pitch, as it is heard. */
import {
  checkOptions,
  oneOf,
  requireFinite,
  requireInteger,
  wrongArgument,
  type OptionNames,
} from '../arguments/index.ts';
import { ArgumentError } from '../graph/errors.ts';
import type { Tensor } from '../tensor.ts';
import { tensor } from './creation.ts';
import { requireTable } from './limits.ts';

export interface MelFilterBankOptions {
  /** Where the first filter begins, in the unit of the sampling rate. Default 0. */
  low?: number;
  /** Where the last filter ends. Default: half of the sampling rate. */
  high?: number | undefined;
  /** 'htk': 2595 · log₁₀(1 + f/700); 'slaney': linear below 1000 Hz, logarithmic above. Default 'htk', as in torchaudio. */
  scale?: 'htk' | 'slaney';
  /** 'slaney': every filter has the area 1, so that noise is as loud in all of them; 'none': its peak is 1. Default 'none'. */
  norm?: 'none' | 'slaney';
}

const melFilterBankOptions: OptionNames<MelFilterBankOptions> = {
  low: requireFinite,
  high: requireFinite,
  scale: oneOf('htk', 'slaney'),
  norm: oneOf('none', 'slaney'),
};

interface Scale {
  readonly toMel: (frequency: number) => number;
  readonly toFrequency: (mel: number) => number;
}

/** 3 mel are 200 Hz up to 1000 Hz; from there on 27 mel are a factor of 6.4 (Slaney, "Auditory toolbox", 1998). */
const perHertz = 3 / 200;
const perLog = 27 / Math.log(6.4);

const scales: Readonly<Record<'htk' | 'slaney', Scale>> = {
  htk: {
    toMel: (frequency) => 2595 * Math.log10(1 + frequency / 700),
    toFrequency: (mel) => 700 * (10 ** (mel / 2595) - 1),
  },
  slaney: {
    toMel: (frequency) => (frequency < 1000 ? frequency * perHertz : 15 + perLog * Math.log(frequency / 1000)),
    toFrequency: (mel) => (mel < 15 ? mel / perHertz : 1000 * Math.exp((mel - 15) / perLog)),
  },
};

/**
 * Triangular filters whose peaks lie at equal distances on the mel scale: float32 [mels, frequencies], for a spectrum of `frequencies` numbers from 0 to half
 * of the sampling rate. Each begins at the peak of the one before and ends at that of the next. A filter between two neighbouring
 * frequencies has no weights; more frequencies (a longer transform) or fewer filters help.
 *
 * Throws {@link ArgumentError} unless mels and frequencies are integers ≥ 1 whose product is at most 2²⁶, the sampling rate is > 0 and 0 ≤ low < high.
 *
 * ```ts
 * const power = ones([201, 101]); // of a transform of length 400
 * const mel = matmul(melFilterBank(80, 201, 16_000), power);
 * mel.shape; // [80, 101]
 * mel.maximum(1e-10).log(); // what speech recognition reads
 * ```
 */
export function melFilterBank(
  mels: number,
  frequencies: number,
  sampleRate: number,
  options: MelFilterBankOptions = {},
): Tensor {
  requireInteger('melFilterBank', 'mels', mels, 1, 2 ** 31 - 1);
  requireInteger('melFilterBank', 'frequencies', frequencies, 1, 2 ** 31 - 1);
  requireTable('melFilterBank', 'the size', [mels, frequencies], mels * frequencies);
  requireFinite('melFilterBank', 'sampleRate', sampleRate);
  if (sampleRate <= 0) throw wrongArgument('melFilterBank', 'sampleRate', 'a number > 0', sampleRate);
  checkOptions('melFilterBank', options, melFilterBankOptions);
  const { low = 0, high = sampleRate / 2, scale = 'htk', norm = 'none' } = options;
  if (!(low >= 0 && low < high))
    throw new ArgumentError(`[melFilterBank] takes 0 ≤ low < high, not ${low} and ${high}.`);
  const { toMel, toFrequency } = scales[scale];
  const [first, last] = [toMel(low), toMel(high)];
  const peak = (i: number): number => toFrequency(first + ((last - first) * i) / (mels + 1));
  const weights = new Float32Array(mels * frequencies);
  const distance = frequencies > 1 ? sampleRate / 2 / (frequencies - 1) : 0;
  for (let i = 0; i < mels; i++) {
    const [begin, middle, end] = [peak(i), peak(i + 1), peak(i + 2)];
    const height = norm === 'slaney' ? 2 / (end - begin) : 1;
    for (let j = 0; j < frequencies; j++) {
      const rising = (j * distance - begin) / (middle - begin);
      const falling = (end - j * distance) / (end - middle);
      weights[i * frequencies + j] = height * Math.max(0, Math.min(rising, falling));
    }
  }
  return tensor(weights, { shape: [mels, frequencies] });
}
