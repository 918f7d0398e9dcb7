/** What Hebb computes beside what a golden file says. */
import { realize, type Tensor } from '../../../../packages/tensor/src/index.ts';

/** Numbers of a golden file. */
export interface Numbers {
  readonly data: readonly (number | string)[];
}

export interface Comparison {
  readonly kind: 'output' | 'gradient';
  readonly actual: Tensor | number;
  readonly expected: Numbers;
}

/** One case of a golden file: the public class or function that it is about, and how it is run on the current device. */
export interface Case {
  readonly of: string;
  readonly run: () => Comparison[] | Promise<Comparison[]>;
  /** How far from these numbers float32 alone may lead: what was measured of the same program elsewhere. */
  readonly rounding?: number;
}

/** More than this, of what lies near 1, is a failure, unless rounding alone leads as far. */
export const limit = 1e-5;

/** The largest |actual − expected| / (1 + |expected|), of outputs and of gradients. */
export interface Agreement {
  readonly output: number;
  readonly gradient: number | undefined;
  /** Whether a case is beyond {@link limit} and beyond what rounding alone does. */
  readonly isFailure: boolean;
}

export async function agreementOf(cases: readonly Case[]): Promise<Agreement> {
  let output = 0;
  let gradient: number | undefined;
  let isFailure = false;
  for (const { run, rounding = 0 } of cases) {
    const comparisons = await run();
    await realize(comparisons.flatMap(({ actual }) => (typeof actual === 'number' ? [] : [actual])));
    for (const { kind, actual, expected } of comparisons) {
      const data = typeof actual === 'number' ? [actual] : await actual.data();
      const largest = expected.data.reduce((most: number, text, i) => {
        const value = Math.fround(Number(text));
        const found = Number(data[i]);
        const difference =
          Object.is(found, value) || found === value ? 0 : Math.abs(found - value) / (1 + Math.abs(value));
        // A NaN on one side alone is the largest there is.
        return difference <= most ? most : Number.isNaN(difference) ? Infinity : difference;
      }, 0);
      if (!(largest <= Math.max(limit, rounding))) isFailure = true;
      if (kind === 'output') output = Math.max(output, largest);
      else gradient = Math.max(gradient ?? 0, largest);
    }
  }
  return { output, gradient, isFailure };
}
