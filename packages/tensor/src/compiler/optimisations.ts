/**
 * What the compiler and the WebAssembly backend do beyond the plain meaning of a program. Each can be left out: that costs time and memory, and changes results by rounding at most. So whoever doubts a
 * number computes it without them, one after the other (HEBB_WITHOUT), and tests compare all.
 */
import { DeviceError } from '../graph/errors.ts';

const ofCompiler = [
  /** Equal nodes become one. */
  'common-subexpressions',
  /** Arithmetic on constants, views of views, products of transposes. */
  'simplification',
  /** Elementwise work inside of the kernels that use it. */
  'fusion',
  /** Elementwise work where reductions and products have their results in registers. */
  'epilogues',
  /** Several outputs in one kernel. */
  'merging',
  /** Kernels over the same rows next to one another. */
  'row-order',
  /** Kernels that follow one another row by row, in one pass over memory. */
  'rows',
  /** Products of many small matrices with what is between them, batch by batch. */
  'batches',
  /** Many independent kernels as one step. */
  'joining',
  /** Many copies of ranges as one step. */
  'copies',
  /** New values of parameters in the memory of the old ones. */
  'in-place',
  /** Memory of temporaries used again. */
  'reuse',
] as const;

/** Of WebAssembly's backend; WebGPU's has none of them. */
const ofWasm = [
  /** Strided windows cut into parts without gaps. */
  'residues',
  /** Choices by position cut into ranges without choices. */
  'pieces',
  /** Products of few terms or columns without packing. */
  'small-products',
  /** Gradients of the weights of convolutions without packing. */
  'sliding-products',
  /** Convolutions that read windows of an image, and gradients of their weights that read it at taps, in place of packing it once for each tap. */
  'window-products',
  /** An operand packed once for all tasks of a product. */
  'packing-once',
  /** Equal kernels share their code. */
  'shared-code',
  /** Code that leaves open how long the outermost axes are. */
  'open-sizes',
] as const;

export type Optimisation = (typeof ofCompiler)[number] | (typeof ofWasm)[number];

export const optimisations: readonly Optimisation[] = [...ofCompiler, ...ofWasm];

/** What is left out. */
export type Without = ReadonlySet<Optimisation>;

/** All of them are used. */
export const withoutNone: Without = new Set();

/** The optimisations of a list by commas, as HEBB_WITHOUT has it, or `all`. @throws {@link DeviceError} for a name that none of this device has */
export function withoutListed(list: string | undefined, device: 'wasm' | 'webgpu'): Without {
  const known: readonly Optimisation[] = device === 'wasm' ? optimisations : ofCompiler;
  const names = (list ?? '').split(',').map((name) => name.trim()).filter((name) => name !== ''); // prettier-ignore
  const isKnown = (name: string): name is Optimisation => (known as readonly string[]).includes(name);
  for (const name of names)
    if (name !== 'all' && !isKnown(name)) {
      throw new DeviceError(`[HEBB_WITHOUT] there is no optimisation '${name}' on ${device}.`, {
        hint: `There are ${known.join(', ')}; or all.`,
      });
    }
  return new Set(names.includes('all') ? known : names.filter(isKnown));
}
