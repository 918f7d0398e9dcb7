/** Numbers that lie close together far from 0, with PyTorch's statistics of them (tools/golden/statistics.py). */
import { golden } from './golden.ts';

export interface StatisticsCase {
  readonly name: string;
  readonly base: number;
  readonly pattern: readonly number[];
  readonly count: number;
  readonly outlier?: readonly [number, number];
  readonly mean: number;
  readonly variance: number;
  readonly std: number;
  readonly runningMean: number;
  readonly runningVariance: number;
  /** The first numbers normalised, and the gradient of Σ y · c with respect to them, c running evenly from −1 to 1. */
  readonly normalised: readonly number[];
  readonly gradient: readonly number[];
}

export const statisticsCases = golden(new URL('../golden/statistics.json', import.meta.url)) as StatisticsCase[];

/** The numbers, by the rule of the golden file; all exact in float32. */
export function numbersOf({ base, pattern, count, outlier }: StatisticsCase): Float32Array {
  const numbers = Float32Array.from({ length: count }, (_, i) => base + (pattern[i % pattern.length] ?? 0));
  if (outlier !== undefined) numbers[outlier[0]] = outlier[1];
  return numbers;
}
