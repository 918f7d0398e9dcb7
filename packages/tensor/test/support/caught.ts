import { HebbError } from '../../src/index.ts';

/** The error of Hebb that `body` throws. */
export function caught(body: () => unknown): HebbError {
  try {
    body();
  } catch (error) {
    if (error instanceof HebbError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
