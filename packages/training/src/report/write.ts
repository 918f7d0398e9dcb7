/** A report as a file. */
import { writeFile } from '../files.ts';
import type { ReportOptions } from './options.ts';

/**
 * Writes a report: curves, confusion matrix, scores per class, the worst mistakes as pictures, and the tables given. The page adapts to
 * light and dark displays. The file is written beside its place and renamed, so it is never half there.
 *
 * ```ts
 * await writeReport('report.html', { title: 'Digits', history, evaluation, images: test.field('x') });
 * ```
 *
 * @throws TrainingError where the file cannot be written
 */
export async function writeReport(path: string, options: ReportOptions): Promise<void> {
  // Its charts and pictures are the larger part of this package: a program that writes no report does not load them.
  const { reportHtml } = await import('./report.ts');
  await writeFile('writeReport', path, reportHtml(options), 'Show or offer the text of reportHtml() instead.');
}
