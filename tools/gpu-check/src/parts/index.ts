/** The parts of the check, the most telling first. */
import type { Part } from '../rows.ts';

export interface PartEntry {
  readonly title: string;
  /** Largest share of the whole time that the part may take. */
  readonly share: number;
  /** Loaded where it runs: a part that cannot be loaded fails alone. */
  readonly load: () => Promise<Part>;
}

export const parts: Readonly<Record<string, PartEntry>> = {
  device: {
    title: 'The device',
    share: 0.1,
    load: async () => (await import('./device.ts')).devicePart,
  },
  operations: {
    title: 'Every primitive beside the float64 interpreter',
    share: 0.2,
    load: async () => (await import('./operations.ts')).operationsPart,
  },
  steps: {
    title: 'Training steps',
    share: 0.2,
    load: async () => (await import('./steps.ts')).stepsPart,
  },
  products: {
    title: 'Matrix products and convolutions',
    share: 0.2,
    load: async () => (await import('./products.ts')).productsPart,
  },
  rows: {
    title: 'Kernels bound by memory',
    share: 0.2,
    load: async () => (await import('./rows.ts')).rowsPart,
  },
  kernels: {
    title: 'Indexing, order, transforms and loops',
    share: 0.2,
    load: async () => (await import('./kernels.ts')).kernelsPart,
  },
  dispatch: {
    title: 'Costs besides arithmetic',
    share: 0.1,
    load: async () => (await import('./dispatch.ts')).dispatchPart,
  },
  tests: {
    title: 'The tests on WebGPU',
    share: 1,
    load: async () => (await import('./tests.ts')).testsPart,
  },
};
