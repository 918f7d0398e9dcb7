/** What a dataset in a worker and the page that reads it say to one another. */
import type { ArrayBatch } from './batches.ts';

/** Marks our messages among others of the same worker. */
export const channel = 'hebb.dataset';

/** To the worker. */
export type Question =
  | { readonly channel: typeof channel; readonly ask: 'description' }
  | {
      readonly channel: typeof channel;
      readonly ask: 'gather';
      readonly id: string;
      readonly indices: Uint32Array;
      readonly paddedLength: number | undefined;
    };

/** From the worker. */
export type Answer =
  | ({ readonly channel: typeof channel; readonly tell: 'description' } & Description)
  | { readonly channel: typeof channel; readonly tell: 'batch'; readonly id: string; readonly batch: ArrayBatch }
  /** Without an id: there is no dataset. */
  | { readonly channel: typeof channel; readonly tell: 'error'; readonly id?: string; readonly error: ToldError };

export interface Description {
  readonly length: number;
  readonly lengths: ArrayLike<number> | undefined;
  readonly unaligned: readonly string[] | undefined;
}

export interface ToldError {
  readonly message: string;
  readonly stack: string | undefined;
}

export function isOurs(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'channel' in message && message.channel === channel;
}
