/** Cells of the page. */
export interface Cell {
  readonly text: string;
  /** Why there is nothing, or what went wrong. */
  readonly note?: string;
  /** The operation does not do what it should: the page must not have such cells. */
  readonly failed?: true;
}

export const yes: Cell = { text: 'yes' };
/** There is nothing to measure. */
export const none: Cell = { text: '–' };

export const failure = (note: string): Cell => ({ text: 'no', note, failed: true });

/** The first line of an error. */
export const sayError = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';

/** Where no error may reach `limit`. */
export const within = (error: number, limit: number): Cell =>
  error < limit ? yes : failure(`an error of ${error.toExponential(1)}`);
