/** A report as a file. */
import type { Evaluation } from '@hebb/evaluation';
import { FileError, writeFile } from '@hebb/files';
import { ReportError } from './errors.ts';
import type { ReportOptions } from './options.ts';
import { reportHtml } from './report.ts';

/**
 * Writes {@link reportHtml} to a file. The folder is made where it is missing; the file is written beside its place and renamed, so it is
 * never half there.
 *
 * ```ts
 * await writeReport('report.html', await evaluate(model, test, classification()), { title: 'Digits', history, images: test.field('x') });
 * await writeReport('training.html', { history }); // without an evaluation
 * ```
 *
 * @param what an evaluation, or all options where there is none
 * @throws ReportError where the file cannot be written, or what is given makes no report
 */
export async function writeReport(
  path: string,
  what: Evaluation | ReportOptions,
  options?: ReportOptions,
): Promise<void> {
  const page = reportHtml(what, options);
  try {
    await writeFile(path, page, { makeFolder: true, instead: 'Show or offer the text of reportHtml() instead.' });
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    const error = new ReportError(`[writeReport] ${cause.summary}`, { hint: cause.hint });
    error.cause = cause;
    throw error;
  }
}
