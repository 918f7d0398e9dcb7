/** Tests in a process that leaves out optimisations (`HEBB_WITHOUT`): values are the same then, what is counted is not. */
import { expect } from 'vitest';

export const isOptimised: boolean = (process.env['HEBB_WITHOUT'] ?? '') === '';

/** What is counted of a plan (kernels, memory) where nothing is left out; elsewhere it may be anything. */
export function counted<T>(value: T): T {
  return isOptimised ? value : (expect.anything() as T);
}
