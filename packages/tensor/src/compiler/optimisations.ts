/**
 * What the compiler and the WebAssembly backend do beyond the plain meaning of a program. Each can be left out: that costs time and memory, and changes results by rounding at most. So whoever doubts a
 * number computes it without them, one after the other (HEBB_WITHOUT), and tests compare all.
 */
import { DeviceError } from '../graph/errors.ts';

export const optimisations = {
  'common-subexpressions': 'equal nodes become one',
  simplification: 'arithmetic on constants, views of views, products of transposes',
  fusion: 'elementwise work inside of the kernels that use it',
  epilogues: 'elementwise work where reductions and products have their results in registers',
  merging: 'several outputs in one kernel',
  'row-order': 'kernels over the same rows next to one another',
  rows: 'kernels that follow one another row by row, in one pass over memory',
  batches: 'products of many small matrices with what is between them, batch by batch',
  joining: 'many independent kernels as one step',
  copies: 'many copies of ranges as one step',
  'in-place': 'new values of parameters in the memory of the old ones',
  reuse: 'memory of temporaries used again',
  residues: 'strided windows cut into parts without gaps',
  pieces: 'choices by position cut into ranges without choices',
  'small-products': 'products of few terms or columns without packing',
  'sliding-products': 'gradients of the weights of convolutions without packing',
  'packing-once': 'an operand packed once for all tasks of a product',
  'shared-code': 'equal kernels share their code',
} as const;

export type Optimisation = keyof typeof optimisations;

/** What is left out. */
export type Without = ReadonlySet<Optimisation>;

/** All of them are used. */
export const withoutNone: Without = new Set();

/** The optimisations of a list by commas, as HEBB_WITHOUT has it. @throws {@link DeviceError} for a name that none has */
export function withoutListed(list: string | undefined): Without {
  const names = (list ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  for (const name of names)
    if (!Object.hasOwn(optimisations, name)) {
      throw new DeviceError(`[HEBB_WITHOUT] there is no optimisation '${name}'.`, {
        hint: `There are ${Object.keys(optimisations).join(', ')}.`,
      });
    }
  return new Set(names as Optimisation[]);
}
