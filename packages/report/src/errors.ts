/** The error of this package. */
import { HebbError } from '@hebb/tensor';

/** A report that cannot be made of what was given, or not be written to its file. */
export class ReportError extends HebbError {
  static override readonly name: string = 'ReportError';
}
