/** From the text of a CSV file to rows of fields, each with its line. */
import Papa from 'papaparse';
import { show, type ProblemList } from './errors.ts';

export interface RowOptions {
  delimiter?: string;
  comments?: string;
}

/** The rows of a CSV text that are not blank, and the line on which each begins. Faults of quoting go to `problems`. */
export function readRows(
  text: string,
  { delimiter = ',', comments }: RowOptions,
  problems: ProblemList,
): { rows: string[][]; lines: number[] } {
  const unified = unifyLineEnds(text.startsWith('\ufeff') ? text.slice(1) : text);
  const input = delimiter === 'whitespace' ? unifyBlanks(unified) : unified;
  const rows: string[][] = [];
  const lines: number[] = [];
  const endOfComment = (at: number): number =>
    comments !== undefined && input.startsWith(comments, at) ? input.indexOf('\n', at) : -1;
  let line = 1;
  let cursor = 0;
  Papa.parse<string[]>(input, {
    delimiter: delimiter === 'whitespace' ? '\t' : delimiter,
    newline: '\n',
    ...(comments !== undefined && { comments }),
    step: ({ data, errors, meta }) => {
      // The parser swallows comment lines together with the row that follows them.
      for (let end = endOfComment(cursor); end !== -1 && end < meta.cursor; end = endOfComment(cursor)) {
        line++;
        cursor = end + 1;
      }
      const rowLine = line;
      for (let at = input.indexOf('\n', cursor); at !== -1 && at < meta.cursor; at = input.indexOf('\n', at + 1))
        line++;
      const raw = input.slice(cursor, meta.cursor);
      cursor = meta.cursor;
      const fault = errors.find(({ type }) => type === 'Quotes');
      if (fault !== undefined) {
        const message =
          fault.code === 'MissingQuotes'
            ? 'expected a closing quote before the end of the file: a quoted field that starts in this row never ends'
            : 'expected a delimiter or the end of the line after a closing quote (a quote inside is written twice: "")';
        problems.add({ line: rowLine, message });
      } else if (delimiter === ' ' && hasRunOfBlanks(raw)) {
        problems.add({
          line: rowLine,
          message: `expected single blanks between fields, got several: ${show(raw.trimEnd())}`,
        });
      } else if (data.length > 1 || (data[0] ?? '').trim() !== '') {
        rows.push(data);
        lines.push(rowLine);
      }
    },
  });
  return { rows, lines };
}

/** CRLF and CR become LF, except inside quoted fields, which are data. */
function unifyLineEnds(text: string): string {
  if (!text.includes('\r')) return text;
  return text
    .split('"')
    .map((piece, i) => (i % 2 === 0 ? piece.replace(/\r\n?/g, '\n') : piece))
    .join('"');
}

/** Runs of blanks and tabs become one tab, those around a row nothing, except inside quoted fields. */
function unifyBlanks(text: string): string {
  return text
    .replace(/^[ \t]+|[ \t]+$/g, '')
    .split('"')
    .map((piece, i) => (i % 2 === 0 ? piece.replace(/[ \t]*\n[ \t]*/g, '\n').replace(/[ \t]+/g, '\t') : piece))
    .join('"');
}

/** Whether blanks follow each other, or begin or end a row, outside of quoted fields: empty fields, or columns that blanks align. */
function hasRunOfBlanks(row: string): boolean {
  const unquoted = row.replaceAll(/"(?:[^"]|"")*"/g, '""').replace(/\n$/, '');
  return / {2}|^ | $/.test(unquoted);
}
