/** Precision, recall and F1 of classes or labels as a table of a report. */
import type { NamedClassScores } from './classification-report.ts';
import type { TableSection } from './section.ts';

/**
 * @param what what a row is about: 'class', 'label'
 * @param footer averages, in rows below
 */
export function classScoresTable(
  title: string,
  what: string,
  text: string,
  { rows, footer }: { readonly rows: readonly NamedClassScores[]; readonly footer: readonly NamedClassScores[] },
): TableSection {
  const cells = (scores: readonly NamedClassScores[]): TableSection['rows'] =>
    scores.map(({ name, precision, recall, f1, support }) => [name, precision, recall, f1, support]);
  return {
    kind: 'table',
    title,
    text,
    columns: [
      { title: what },
      { title: 'precision', format: 'percent' },
      { title: 'recall', format: 'percent' },
      { title: 'F1', format: 'percent' },
      { title: 'count', format: 'count' },
    ],
    rows: cells(rows),
    footer: cells(footer),
  };
}
