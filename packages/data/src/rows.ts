/** From the text of a CSV file to rows of fields, each with its line. */
import Papa from 'papaparse';
import { rowScanner } from './quotes.ts';
import { show, type ProblemList } from './errors.ts';

export interface RowOptions {
  delimiter?: string;
  comments?: string;
}

export interface Rows {
  readonly rows: string[][];
  /** The line on which each begins. */
  readonly lines: number[];
  /** The line on which text that follows this one would begin. */
  readonly nextLine: number;
}

/** The rows of a CSV text that are not blank; its first line has the number `firstLine`. Faults of quoting go to `problems`. */
export function readRows(text: string, options: RowOptions, problems: ProblemList, firstLine = 1): Rows {
  const { delimiter = ',', comments } = options;
  const input = unify(text.startsWith('\ufeff') ? text.slice(1) : text, options);
  const separator = delimiter === 'whitespace' ? '\t' : delimiter;
  const rows: string[][] = [];
  const lines: number[] = [];
  const add = (row: string[], raw: string, at: number): void => {
    if (delimiter === ' ' && hasRunOfBlanks(raw)) {
      problems.add({
        line: at,
        message: `expected single blanks between fields, got several: ${show(raw.trimEnd())}`,
      });
    } else if (row.length > 1 || (row[0] ?? '').trim() !== '') {
      rows.push(row);
      lines.push(at);
    }
  };
  if (!input.includes('"')) {
    // Without quotes a row is a line: what the parser would find, three times as fast.
    const all = input.split('\n');
    all.forEach((row, i) => {
      if (comments === undefined || !row.startsWith(comments)) add(row.split(separator), row, firstLine + i);
    });
    return { rows, lines, nextLine: firstLine + all.length - 1 };
  }
  const endOfComment = (at: number): number =>
    comments !== undefined && input.startsWith(comments, at) ? input.indexOf('\n', at) : -1;
  let line = firstLine;
  let cursor = 0;
  Papa.parse<string[]>(input, {
    delimiter: separator,
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
      } else add(data, raw, rowLine);
    },
  });
  return { rows, lines, nextLine: firstLine + input.split('\n').length - 1 };
}

/** CRLF and CR become LF, and with blanks as the delimiter runs of these one tab, those around a row nothing: except inside quoted fields, which are data. */
function unify(text: string, options: RowOptions): string {
  const areBlanks = options.delimiter === 'whitespace';
  if (!areBlanks && !text.includes('\r')) return text;
  const unquoted = (part: string): string => {
    const lines = part.replace(/\r\n?/g, '\n');
    return areBlanks ? lines.replace(/[ \t]*\n[ \t]*/g, '\n').replace(/[ \t]+/g, '\t') : lines;
  };
  const trimmed = areBlanks ? text.replace(/^[ \t]+|[ \t]+$/g, '') : text;
  if (!trimmed.includes('"')) return unquoted(trimmed);
  const parts: string[] = [];
  let behind = 0;
  const scan = rowScanner(options, (word) => Array.from(word, (_, i) => word.charCodeAt(i)));
  const codes = {
    length: trimmed.length,
    at: (i: number) => trimmed.charCodeAt(i),
    find: (code: number, from: number) => trimmed.indexOf(String.fromCharCode(code), from),
  };
  scan(codes, (start, end) => {
    parts.push(unquoted(trimmed.slice(behind, start)), trimmed.slice(start, end));
    behind = end;
  });
  return [...parts, unquoted(trimmed.slice(behind))].join('');
}

/** Whether blanks follow each other, or begin or end a row, outside of quoted fields: empty fields, or columns that blanks align. */
function hasRunOfBlanks(row: string): boolean {
  const unquoted = row.replaceAll(/"(?:[^"]|"")*"/g, '""').replace(/\n$/, '');
  return / {2}|^ | $/.test(unquoted);
}
