import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { DataError, Random, Table, csv, loadIdx, parseCsv } from '../src/index.ts';

function failure(text: string, options = {}): DataError {
  try {
    parseCsv(text, { source: 'people.csv', ...options });
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return error as DataError;
  }
  throw new Error('expected a DataError');
}

it('prints what is wrong with a file once for each cause', async () => {
  const error: unknown = await csv('no-such-file.csv').catch((e: unknown) => e);
  const text = inspect(error);
  expect(text).toMatch(/^DataError: \[csv\] cannot read .*no-such-file\.csv/);
  expect(text).not.toMatch(/undefined|problems|reason:|summary:/);
  expect(text.match(/hint:/g)).toHaveLength(2); // of the error, and of its cause
});

describe('parseCsv', () => {
  it('infers numbers and strings, and marks missing values', () => {
    const table = parseCsv('name,height,id\nAda,1.65,a1\nNA,-2e3,7\n,,\n"Zoë, Dr.", .5 ,b\n');
    expect(table.names).toEqual(['name', 'height', 'id']);
    expect(table.length).toBe(4);
    expect(table.column('name')).toEqual(['Ada', null, null, 'Zoë, Dr.']);
    expect(table.column('height')).toEqual(Float64Array.of(1.65, -2000, NaN, 0.5));
    expect(table.typeOf('id')).toBe('string');
    expect(table.lineOf(3)).toBe(5);
  });

  it('reads quoted newlines, doubled quotes, CRLF, CR, a byte order mark, and no newline at the end', () => {
    const expected = ['a\nb', 'say "hi"', 'c'];
    expect(parseCsv('\ufeffx,y\n"a\nb",1\n"say ""hi""",2\nc,3').column('x')).toEqual(expected);
    expect(parseCsv('x,y\r\n"a\nb",1\r\n"say ""hi""",2\r\n\r\nc,3\r\n').column('x')).toEqual(expected);
    expect(parseCsv('x,y\r"a\nb",1\r"say ""hi""",2\rc,3\r').column('x')).toEqual(expected);
    expect(parseCsv('x,y\n"a\r\nb",1\r\nc,2\n').column('x')).toEqual(['a\r\nb', 'c']);
  });

  it('takes for data a quote that begins no field, also where lines end with CR or blanks separate', () => {
    for (const lineEnd of ['\n', '\r\n', '\r']) {
      const text = ['name,n', '5" pipe,1', '# a "remark', '"a\nb",2', 'c,3', ''].join(lineEnd);
      const table = parseCsv(text, { comments: '#' });
      expect(table.strings('name')).toEqual(['5" pipe', 'a\nb', 'c']);
      expect([0, 1, 2].map((row) => table.lineOf(row))).toEqual([2, 4, 6]);
    }
    const aligned = parseCsv('a   b\n5"  1\n6   "x  y"\n', { delimiter: 'whitespace' });
    expect(aligned.row(0)).toEqual({ a: '5"', b: '1' });
    expect(aligned.row(1)).toEqual({ a: '6', b: 'x  y' });
  });

  it('reads numbers as Number does, to the last bit', () => {
    const random = new Random(1);
    const digits = (count: number): string => Array.from({ length: count }, () => random.integer(10)).join('');
    const texts = [
      '0',
      '-0',
      '.5',
      '5.',
      '-.5',
      '+1',
      '1e3',
      '123456789012345',
      '0.000000000000001',
      '9007199254740993',
    ];
    for (let i = 0; i < 20_000; i++) {
      const sign = ['', '-', '+'][random.integer(3)] ?? '';
      const exponent = random.integer(4) === 0 ? `e${random.integer(40) - 20}` : '';
      texts.push(`${sign}${digits(1 + random.integer(12))}.${digits(random.integer(12))}${exponent}`);
    }
    const read = parseCsv(`x\n${texts.join('\n')}\n`, { types: { x: 'number' } }).numbers('x');
    expect(texts.filter((text, i) => !Object.is(read[i], Number(text)))).toEqual([]);
    for (const wrong of ['-', '.', '-.', '', '1.2.3', '--1', '1-', '0x10', '1_000', 'Infinity', '١'])
      expect(() => parseCsv(`x,y\n${wrong},1\n`, { types: { x: 'number' }, missing: [] })).toThrow(/expected a number/);
  });

  it('counts the lines of a file, not the rows', () => {
    const table = parseCsv('# made by hand\nx,y\n\n"a\nb\nc",1\n# a remark\n\nd,2\n', { comments: '#' });
    expect([table.lineOf(0), table.lineOf(1)]).toEqual([4, 9]);
    expect(failure('x,y\r\n"a\r\nb",1\r\nc\r\n').problems).toMatchObject([{ line: 4 }]);
  });

  it('takes names, no header, another delimiter, other types and marks', () => {
    expect(parseCsv('1,2\n3,4\n', { header: false }).names).toEqual(['column0', 'column1']);
    expect(parseCsv('1,2\n3,4\n', { header: ['a', 'b'] }).column('b')).toEqual(Float64Array.of(2, 4));
    expect(parseCsv('a;b\n1,5;2\n', { delimiter: ';' }).column('a')).toEqual(['1,5']);
    expect(parseCsv('zip\n01234\n', { types: { zip: 'string' } }).column('zip')).toEqual(['01234']);
    expect(parseCsv('x\n?\n1\n', { missing: ['?'] }).column('x')).toEqual(Float64Array.of(NaN, 1));
    expect(parseCsv(',a\n0,5\n').names).toEqual(['column0', 'a']); // as pandas writes an index
    expect(parseCsv('a,b\n').length).toBe(0);
  });

  it('names the line, what was given and what was expected', () => {
    const error = failure('name,age\nAda,36\nAlan\n"Grace\nHopper",85,x\nKurt,old\nEmmy,53\n');
    expect(error.problems).toEqual([
      { line: 3, message: 'expected 2 fields, as in the header (line 1), got 1: "Alan"' },
      { line: 4, message: 'expected 2 fields, as in the header (line 1), got 3: "Grace\\nHopper,85,x"' },
      { line: 6, column: 'age', message: 'expected a number, got "old"' },
    ]);
    expect(error.message).toContain('people.csv: 3 problems:\n  line 3: expected 2 fields');
    expect(error.message).toContain('line 6, column \'age\': expected a number, got "old"');
    expect(error.message).toContain('hint: ');
    expect(error.source).toBe('people.csv');
    expect(error.name).toBe('DataError');
  });

  it('reports quotes that do not end, and quotes in the wrong place', () => {
    expect(failure('a,b\n1,2\n"x,3\n4,5\n').problems).toMatchObject(
      [{ line: 3, message: /closing quote/ as never }].map(({ line }) => ({ line })),
    );
    expect(failure('a,b\n"x"y,3\n4,5\n').problems[0]?.line).toBe(2);
  });

  it('shows ten of many problems', () => {
    const error = failure(`a,b\n${'1\n'.repeat(2000)}`);
    expect(error.message).toContain('2000 problems');
    expect(error.message).toContain('… and 1990 more');
    expect(error.message.split('\n').length).toBeLessThan(15);
  });

  it('leaves bad rows out on request, and says which', () => {
    const table = parseCsv('a,b\n1,2\n3\n4,x\n5,6\n7,8\n', { badRows: 'skip' });
    expect(table.columns().data).toEqual(Float64Array.of(1, 2, 5, 6, 7, 8));
    expect(table.problems.map(({ line }) => line)).toEqual([3, 4]);
    expect(table.lineOf(1)).toBe(5);
  });

  it.each([
    ['an empty text', '', {}, /people\.csv is empty: expected a header row/],
    ['blank lines only', '\n \n', {}, /is empty/],
    ['duplicate names', 'a,b,a\n1,2,3\n', {}, /line 1: fields 1 and 3 of the header are both called 'a'/],
    ['another delimiter', 'a;b\n1;2\n', {}, /one field only[^]*delimiter: ";"/],
    ['a delimiter that is a quote', 'a\n', { delimiter: '"' }, /delimiter must be/],
    ['no names', 'a\n', { header: [] }, /header must be/],
    ['a type', 'a\n1\n', { types: { a: 'int' } }, /type of column 'a' must be/],
    ['a declared type', 'a,b\nx,1\n', { types: { a: 'number' } }, /line 2, column 'a': expected a number, got "x"/],
  ])('refuses %s', (_, text, options, message) => {
    expect(failure(text, options).message).toMatch(message);
  });

  it('takes column names that objects have already', () => {
    const table = parseCsv('__proto__,constructor\n1,2\n');
    expect(table.row(0)).toEqual(
      Object.fromEntries([
        ['__proto__', 1],
        ['constructor', 2],
      ]),
    );
  });

  it('keeps as text what a number would change, and says so', () => {
    const table = parseCsv('id,zip,n\n9007199254740992,02139,100000000000000000000\n9007199254740993,90210,1\n');
    expect(table.strings('id')).toEqual(['9007199254740992', '9007199254740993']);
    expect(table.strings('zip')).toEqual(['02139', '90210']);
    expect(table.numbers('n')).toEqual(Float64Array.of(1e20, 1)); // 1e20 is a float64
    expect(table.notes).toEqual([
      {
        line: 3,
        column: 'id',
        message: 'kept as text: 9007199254740993 has too many digits: as a number it is 9007199254740992',
      },
      { line: 2, column: 'zip', message: 'kept as text: "02139" begins with a zero, which a number does not keep' },
    ]);
    expect(() => table.select(['id']).numbers('id')).toThrow(
      /9007199254740993 has too many digits[^]*types: { 'id': 'number' }/,
    );
    expect(table.drop(['id', 'zip']).notes).toEqual([]);
    const rounded = parseCsv('id\n9007199254740993\n0\n-0.5\n00.5\n', { types: { id: 'number' } });
    expect(rounded.numbers('id')).toEqual(Float64Array.of(9007199254740992, 0, -0.5, 0.5));
    expect(rounded.notes).toEqual([]);
    expect(parseCsv('x\n0\n-0\n0.50\n1e3\n').typeOf('x')).toBe('number');
  });

  it('reads columns of True and False as booleans', () => {
    const table = parseCsv('alive,n\nTrue,1\nfalse,2\n,3\nFALSE,4\n');
    expect(table.typeOf('alive')).toBe('boolean');
    expect(table.numbers('alive')).toEqual(Float64Array.of(1, 0, NaN, 0));
    expect(table.columns().data).toEqual(Float64Array.of(1, 1, 0, 2, NaN, 3, 0, 4));
    expect([0, 1, 2].map((row) => table.row(row)['alive'])).toEqual([true, false, null]);
    expect(table.subset([1]).typeOf('alive')).toBe('boolean');
    expect(() => table.strings('alive')).toThrow(/holds booleans, not strings[^]*'alive': 'string'/);
    expect(parseCsv('a\nTrue\n', { types: { a: 'string' } }).strings('a')).toEqual(['True']);
    expect(failure('a,b\nTrue,1\nFalse,1\nmaybe,1\n').problems).toEqual([
      { line: 4, column: 'a', message: 'expected True or False, got "maybe"' },
    ]);
    expect(parseCsv('a\nTrue\n1\n').typeOf('a')).toBe('string'); // no more than half of either
    expect(failure('a\n1\n', { types: { a: 'boolean' } }).problems).toHaveLength(1);
  });

  it('shows what is no number where a column holds strings', () => {
    expect(() => parseCsv('x\n1\n"1,5"\n2\n"2,5"\n').numbers('x')).toThrow(
      /holds strings, not numbers: "1,5" in line 3/,
    );
  });

  it('reads columns that blanks align, and does not guess that they do', () => {
    const text = 'name    age  height\nAda      36    1.65\n"Bo  B"   7    1.2\n';
    const table = parseCsv(text, { delimiter: 'whitespace' });
    expect(table.names).toEqual(['name', 'age', 'height']);
    expect(table.strings('name')).toEqual(['Ada', 'Bo  B']);
    expect(table.columns(['age', 'height']).data).toEqual(Float64Array.of(36, 1.65, 7, 1.2));
    expect(parseCsv('  1   2 \n\t3\t4\n', { delimiter: 'whitespace', header: false }).columns().data).toEqual(
      Float64Array.of(1, 2, 3, 4),
    );
    expect(parseCsv('a "b c" d\n1 2 3\n', { delimiter: ' ' }).names).toEqual(['a', 'b c', 'd']);
    const error = failure('a b\n1  2\n3 4\n 5\n', { delimiter: ' ' });
    expect(error.problems).toEqual([
      { line: 2, message: 'expected single blanks between fields, got several: "1  2"' },
      { line: 4, message: 'expected single blanks between fields, got several: " 5"' },
    ]);
    expect(error.message).toMatch(/hint: \{ delimiter: 'whitespace' \}/);
    for (const aligned of ['a   b\nx   y\n', 'a b\n1 2\n3 4\n', 'a\tb   c\n1\t2   3\n']) {
      expect(failure(aligned).message).toMatch(/one field only[^]*(?:whitespace|"\\t")/);
    }
    expect(parseCsv('name\nAda Lovelace\nAlan Turing\n').length).toBe(2);
    expect(parseCsv('full name\nAda Lovelace\nAlan Turing\n').length).toBe(2);
  });

  it.each([
    [
      'a web page',
      '<!DOCTYPE html>\n<html><body>Sign in</body></html>\n',
      /people\.csv is an HTML page, not CSV\.[^]*Raw/,
    ],
    ['a page that is a heading', '<h1>Not Found</h1>\n', /is an HTML page/],
    ['a web page without a doctype', '\ufeff\n <HTML lang="en">\n', /is an HTML page/],
    ['XML', '<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>\n', /is an XML file, not CSV/],
    ['JSON', '{"error": "no such file"}', /is JSON, not CSV: it begins with/],
    ['a web page after a comment', '<!-- saved -->\n<html>\n', /is an HTML page/],
    ['a workbook', 'PK\u0003\u0004\u0014\0\n', /is a zip archive.*Excel[^]*Unpack or convert it first/],
    ['a PDF', '%PDF-1.4\n1 0 obj\n', /is a PDF file, not CSV/],
    [
      'a pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:1f\nsize 9\n',
      /Git LFS pointer[^]*git lfs pull/,
    ],
    ['a list of JSON', '[\n  {"a": 1},\n  {"a": 2}\n]\n', /is JSON, not CSV/],
  ])('refuses %s', (_, text, message) => {
    expect(failure(text).message).toMatch(message);
  });

  it('takes text that only looks like another format', () => {
    expect(parseCsv('{"a",b\n1,2\n').length).toBe(1);
    expect(parseCsv('<htm,x\n1,2\n').length).toBe(1);
    expect(parseCsv('[1],x\n1,2\n').names).toEqual(['[1]', 'x']);
    expect(parseCsv('PAR1,PAR2\n1,2\n').names).toEqual(['PAR1', 'PAR2']);
  });

  it.each([
    ['a quote that goes on', '"a"x,b\n1,2\n', {}, /header: \[\.\.\.\]/],
    ['a quote that does not end', '"a,b\n1,2\n', {}, /never ends/],
    ['several blanks', 'a  b\n1 2\n3 4\n', { delimiter: ' ' }, /got several: "a {2}b"[^]*whitespace/],
    ['several blanks in all rows', 'a  b\n1  2\n', { delimiter: ' ' }, /got several[^]*whitespace/],
  ])('never takes the row after a bad header for one: %s', (_, text, options, message) => {
    for (const badRows of ['error', 'skip'] as const) {
      const read = (): unknown => parseCsv(text, { ...options, badRows });
      expect(read).toThrow(DataError);
      expect(read).toThrow(/the header cannot be read[^]*line 1/);
      expect(read).toThrow(message);
    }
  });

  it('throws nothing but a DataError for random bytes, and keeps every field of a good file', () => {
    const random = new Random(3);
    const alphabet = ['a', '1', ',', '"', '""', '\n', '\r', '\r\n', ' ', '.', '-', 'é', '😀', '#', '\0', 'NA', ';'];
    for (let round = 0; round < 1500; round++) {
      const text = Array.from({ length: random.integer(40) }, () => alphabet[random.integer(alphabet.length)]).join('');
      try {
        const table = parseCsv(text, round % 2 === 0 ? {} : { comments: '#', badRows: 'skip' });
        expect(table.length).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error, JSON.stringify(text)).toBeInstanceOf(DataError);
      }
    }
    for (let round = 0; round < 300; round++) {
      const field = (): string =>
        `f${Array.from({ length: random.integer(6) }, () => alphabet[random.integer(alphabet.length)]).join('')}`;
      const rows = Array.from({ length: 1 + random.integer(5) }, () => [field(), field(), field()]);
      const end = ['\n', '\r\n'][round % 2] ?? '\n';
      const lines = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(','));
      const table = parseCsv(`a,b,c${end}${lines.join(end)}${end}`);
      expect(rows.map((_, i) => Object.values(table.row(i)))).toEqual(rows);
    }
  });
});

describe('csv', () => {
  it('reads files and blobs, and names the file in errors', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hebb-data-'));
    try {
      const path = join(folder, 'table.csv');
      await writeFile(path, 'a,b\n1,2\n');
      expect((await csv(path)).column('b')).toEqual(Float64Array.of(2));
      expect((await csv(new URL(`file://${path}`))).length).toBe(1);
      expect((await csv(new Blob(['a\n1\n']))).length).toBe(1);
      expect((await csv(new TextEncoder().encode('a\n1\n'))).length).toBe(1);
      await expect(csv(Uint8Array.of(97, 10, 0xe9))).rejects.toThrow('[csv] <bytes> is not valid utf-8 text.');
      await writeFile(path, 'a,b\n1\n');
      await expect(csv(path)).rejects.toThrow(`[csv] ${path}: 1 problem:\n  line 2: expected 2 fields`);
      await writeFile(path, Uint8Array.of(97, 10, 0xe9, 10));
      await expect(csv(path)).rejects.toThrow(/table\.csv is not valid utf-8 text/);
      expect((await csv(path, { encoding: 'windows-1252' })).column('a')).toEqual(['é']);
      await expect(csv(path, { encoding: 'klingon' })).rejects.toThrow(/no encoding 'klingon'/);
      await expect(csv(join(folder, 'absent.csv'))).rejects.toThrow(/cannot read .*absent\.csv: there is no such file/);
      await expect(csv(folder)).rejects.toThrow(/it is a folder/);
      await writeFile(path, Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff));
      await expect(csv(path)).rejects.toThrow(/is a gzip archive, not valid utf-8 text[^]*Unpack or convert it/);
      await writeFile(path, Uint8Array.of(...new TextEncoder().encode('<html>'), 0xe9));
      await expect(csv(path)).rejects.toThrow(/is an HTML page, not valid utf-8 text[^]*Use the address of the file/);
      await writeFile(path, Uint8Array.of(0xff, 0xfe, 97, 0, 10, 0, 49, 0));
      await expect(csv(path)).rejects.toThrow(/is not valid utf-8 text[^]*utf-16le/);
      expect((await csv(path, { encoding: 'utf-16le' })).column('a')).toEqual(Float64Array.of(1));
      await expect(csv(path, { encoding: 'klingon' })).rejects.toBeInstanceOf(DataError);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

it('names the function that got no source', async () => {
  await expect(csv(undefined as never)).rejects.toThrow(
    /^\[csv\] the source must be a path, a URL, a Blob, a File or a Uint8Array, not undefined/,
  );
  await expect(loadIdx(3 as never)).rejects.toThrow(/^\[idx\] the source must be/);
});

it('says at which address a page asked for a relative path', async () => {
  const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => {
    const response = new Response('', { status: 404, statusText: 'Not Found' });
    return Object.defineProperty(response, 'url', { value: 'https://example.org/app/a.csv' });
  });
  const node = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
  try {
    await expect(csv('a.csv')).rejects.toThrow(
      '[csv] cannot read a.csv: https://example.org/app/a.csv: the server answered 404 Not Found.',
    );
  } finally {
    node.mockRestore();
    fetched.mockRestore();
  }
});

describe('Table', () => {
  const table = parseCsv('name,x,y\nAda,1,2\nBo,,4\nCy,5,6\n', { source: 'abc.csv' });

  it('gives columns and matrices', () => {
    const matrix = table.columns(['y', 'x']);
    expect(matrix).toEqual({ data: Float64Array.of(2, 1, 4, NaN, 6, 5), shape: [3, 2], names: ['y', 'x'] });
    expect(table.numbers('x')).toBe(table.column('x'));
    expect(table.strings('name')).toEqual(['Ada', 'Bo', 'Cy']);
    expect(table.row(1)).toEqual({ name: 'Bo', x: null, y: 4 });
  });

  it('selects, drops and takes rows, and remembers lines', () => {
    expect(table.select(['y', 'name']).names).toEqual(['y', 'name']);
    expect(table.drop(['x']).names).toEqual(['name', 'y']);
    expect(table.dropMissing().lineOf(1)).toBe(4);
    expect(table.dropMissing(['y']).length).toBe(3);
    expect(table.subset([2, 0, 2]).column('x')).toEqual(Float64Array.of(5, 1, 5));
  });

  it('explains what is not there', () => {
    expect(() => table.column('z')).toThrow(/abc\.csv has no column "z"[^]*name, x, y/);
    expect(() => table.columns()).toThrow(
      /'name' of abc\.csv holds strings, not numbers: "Ada" in line 2[^]*labelEncode/,
    );
    expect(() => table.strings('x')).toThrow(/holds numbers/);
    expect(() => table.drop(['z'])).toThrow(DataError);
    expect(() => table.subset([3])).toThrow(/no row 3: abc\.csv has rows 0 to 2/);
    expect(
      () => new Table({ a: { type: 'string', values: ['x'] }, b: { type: 'number', values: new Float64Array(2) } }),
    ).toThrow(/a: 1, b: 2/);
  });
});
