/** The error of data that is not what it should be. */
import { HebbError } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';

/** One thing that is wrong in a file. */
export interface DataProblem {
  /** What was expected and what was given. */
  readonly message: string;
  /** Line of the file, from 1; the first line of a row whose quoted fields span several. */
  readonly line?: number;
  /** Name of the column. */
  readonly column?: string;
}

export interface DataErrorDetails {
  /** The file or URL, as given by the caller. */
  source?: string;
  problems?: readonly DataProblem[];
  /** Number of problems if not all are in `problems`. */
  problemCount?: number;
  hint?: string;
  cause?: unknown;
}

const shown = 10;

/**
 * Data that cannot be used: a file that is missing, damaged, or not in the format expected; labels out of range; a
 * split that does not come out. The message names the file, and lines and columns where there are any.
 */
export class DataError extends HebbError {
  static override readonly name: string = 'DataError';
  readonly source: string | undefined;
  readonly problems: readonly DataProblem[];

  constructor(summary: string, details: DataErrorDetails = {}) {
    const { source, problems = [], hint, cause } = details;
    const count = details.problemCount ?? problems.length;
    const lines = problems.slice(0, shown).map((problem) => `\n  ${formatProblem(problem)}`);
    if (count > shown) lines.push(`\n  … and ${count - shown} more`);
    super(summary + lines.join(''), hint === undefined ? {} : { hint });
    if (cause !== undefined) this.cause = cause;
    this.source = source;
    this.problems = problems;
    this.conceal();
  }
}

function formatProblem({ line, column, message }: DataProblem): string {
  const place = [line === undefined ? '' : `line ${line}`, column === undefined ? '' : `column '${column}'`];
  const text = place.filter((part) => part !== '').join(', ');
  return text === '' ? message : `${text}: ${message}`;
}

/** Collects problems without keeping millions of them. */
export class ProblemList {
  readonly problems: DataProblem[] = [];
  count = 0;

  add(problem: DataProblem): void {
    if (this.count++ < 1000) this.problems.push(problem);
  }

  /** @throws DataError if there is any problem. */
  check(summary: string, details: { source?: string; hint?: string } = {}): void {
    if (this.count === 0) return;
    throw new DataError(summary, { ...details, problems: this.problems, problemCount: this.count });
  }
}

/** A value as messages about data show it: strings as they would stand in JSON, so that blanks and line ends are seen; arrays named. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 39)}…` : value);
  return Array.isArray(value) ? 'an array' : describe(value);
}

const named = 12;

/** `a, b, c`, and of many the first and how many more. */
export function someOf(names: readonly (string | number)[]): string {
  if (names.length <= named) return names.join(', ');
  return `${names.slice(0, named).join(', ')}, … (${names.length} in all)`;
}

export function messageOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
}
