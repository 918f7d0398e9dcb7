/** CSV files to tables, with every bad row reported by its line. */
import { checkOptions, requireString, type OptionNames } from '@hebb/tensor/arguments';
import { inferType, parseColumn } from './columns.ts';
import {
  checkValues,
  count,
  csvOptions,
  givenType,
  hintFor,
  readHead,
  wrongWidth,
  type CsvOptions,
} from './csv-format.ts';
import { DataError, ProblemList, show, type DataProblem } from './errors.ts';
import { decodeText, nameOf, readBytes, type Source } from './files.ts';
import { readRows } from './rows.ts';
import { Table, type Column } from './table.ts';

export interface ParseCsvOptions extends CsvOptions {
  /** What errors call the text. Default `'<text>'`. */
  source?: string;
}

export interface CsvFileOptions extends CsvOptions {
  /** A label of the Encoding standard. Default `'utf-8'`. */
  encoding?: string;
}

const parseOptions: OptionNames<ParseCsvOptions> = { ...csvOptions, source: requireString };
const fileOptions: OptionNames<CsvFileOptions> = { ...csvOptions, encoding: requireString };

/**
 * Reads a CSV file: a path (Node), an http(s) URL, a `Blob`/`File`, or its bytes. See {@link parseCsv}.
 *
 * ```ts
 * import { csv } from '@hebb/data';
 *
 * const penguins = await csv('penguins.csv');
 * const sizes = penguins.dropMissing().columns(['bill_length_mm', 'body_mass_g']);
 * ```
 *
 * @throws DataError if the source cannot be read, is not text in the encoding, or is not good CSV.
 */
export async function csv(source: Source, options: CsvFileOptions = {}): Promise<Table> {
  checkOptions('csv', options, fileOptions);
  const { encoding = 'utf-8', ...rest } = options;
  const name = nameOf('csv', source);
  const text = decodeText('csv', await readBytes('csv', source), encoding, name);
  return parseCsv(text, { ...rest, source: name });
}

/**
 * Parses CSV (RFC 4180: quoted fields may hold delimiters, newlines and doubled quotes; line ends may be LF, CRLF or
 * CR; blank lines are skipped) into a {@link Table}.
 *
 * A column is numeric if more than half of its values are numbers, and then each of the others is an error; `types`
 * decides otherwise. A number is `[+-]digits[.digits][e[+-]digits]`, with blanks around it ignored. Where a float64
 * would change one of them (integers beyond 2^53, zeros in front as in postal codes), the column stays text and
 * `Table.notes` says so; with the type `'number'` it is rounded as every number is. A column of True and False (also
 * true, TRUE, …) is boolean: 1 and 0.
 *
 * ```ts
 * import { parseCsv } from '@hebb/data';
 *
 * const table = parseCsv('x,label\n1,cat\n2.5,dog\n,cat\n');
 * table.column('x'); // Float64Array [1, 2.5, NaN]
 * ```
 *
 * @throws DataError that lists the bad rows by line: a wrong number of fields, text in a numeric column, a quote that
 *   does not end; or that names the fault of the header: none, empty, unreadable (which `badRows` does not skip),
 *   duplicate names, no column of a name that `types` has; or of a file that is no CSV: a web page, an archive, JSON,
 *   columns aligned by blanks.
 */
export function parseCsv(text: string, options: ParseCsvOptions = {}): Table {
  checkOptions('parseCsv', options, parseOptions);
  const { source = '<text>', badRows = 'error' } = options;
  if (typeof text !== 'string') throw new DataError(`[csv] expected the text of a CSV file, got ${show(text)}.`);
  checkValues(options);
  const problems = new ProblemList();
  const { rows, lines } = readRows(text, options, problems);
  const head = readHead({ text, rows, lines, problems, isWhole: true }, options, source);
  const { names, missing, headerLine } = head;
  const first = headerLine === undefined ? 0 : 1;

  const kept: number[] = [];
  for (let row = first; row < rows.length; row++) {
    const fields = rows[row] ?? [];
    if (fields.length === names.length) kept.push(row);
    else {
      const place = { line: lines[row] ?? 0, header: headerLine, delimiter: options.delimiter };
      problems.add(wrongWidth(fields, names.length, place));
    }
  }

  const columns = new Map<string, Column>();
  const notes: DataProblem[] = [];
  const bad = new Set<number>();
  const lineOf = (row: number): number => lines[kept[row] ?? 0] ?? 0;
  names.forEach((name, j) => {
    const fields = kept.map((row) => (rows[row]?.[j] ?? '').trim());
    const given = givenType(head, name);
    const { type, reason } = given === undefined ? inferType(fields, missing) : { type: given };
    if (reason !== undefined) {
      notes.push({ line: lineOf(reason.row), column: name, message: `kept as text: ${reason.message}` });
    }
    if (type === 'string') {
      // Strings keep their blanks; only the test for a missing value ignores them.
      const values = kept.map((row, i) => (missing.has(fields[i] ?? '') ? null : (rows[row]?.[j] ?? null)));
      columns.set(name, { type, values });
      return;
    }
    const values = parseColumn(type, fields, missing, ({ row, message }) => {
      bad.add(row);
      problems.add({ line: lineOf(row), column: name, message });
    });
    columns.set(name, { type, values });
  });

  problems.problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  if (badRows === 'error') {
    problems.check(`[csv] ${source}: ${count(problems.count, 'problem')}:`, { source, hint: hintFor(problems) });
  }
  const table = new Table(columns, {
    source,
    lines: kept.map((row) => lines[row] ?? 0),
    problems: problems.problems,
    notes,
  });
  if (bad.size === 0) return table;
  return table.subset(kept.map((_, i) => i).filter((i) => !bad.has(i)));
}
