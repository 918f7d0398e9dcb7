/**
 * Streams of files: what `csv` says of a whole file, in pieces; lines; text.
 *
 * @module-tag long: large files.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { buildProgram } from '../../../tools/testing/src/programs.ts';
import {
  DataError,
  Random,
  csv,
  csvStream,
  linesStream,
  parseCsv,
  textStream,
  type ArrayBatch,
  type BatchStream,
  type CsvOptions,
  type Cursor,
  type DataProblem,
  type LoadedBatch,
  type Reader,
  type Stream,
} from '../src/index.ts';
import { ProblemList } from '../src/errors.ts';
import { readRows } from '../src/rows.ts';
import { endOfRows } from '../src/streams/chunks.ts';

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hebb-streams-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const openFiles = async (): Promise<string[]> =>
  (
    await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  ).filter((target) => target.startsWith(folder));

async function failure(read: () => Promise<unknown>): Promise<DataError> {
  const error: unknown = await read().then(
    () => new Error('it did not fail'),
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(DataError);
  return error as DataError;
}

async function collect<B>(batches: AsyncIterable<LoadedBatch<B>>): Promise<LoadedBatch<B>[]> {
  const found: LoadedBatch<B>[] = [];
  for await (const loaded of batches) found.push(loaded);
  return found;
}

/** What is in batches, short: comparing hundreds of thousands of numbers one by one takes minutes. */
function digests<B extends ArrayBatch>(loaded: readonly LoadedBatch<B>[]): string[] {
  return loaded.map(({ batch, count, next }) => {
    const hash = createHash('sha1').update(JSON.stringify([count, next]));
    for (const [name, { data, shape, dtype }] of Object.entries(batch)) {
      hash.update(JSON.stringify([name, data.constructor.name, shape, dtype]));
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    return hash.digest('hex');
  });
}

/** Goes on at some of the batches with a stream made anew. */
async function expectResumes<B extends ArrayBatch>(
  make: () => BatchStream<B>,
  every: number,
): Promise<LoadedBatch<B>[]> {
  const whole = await collect(make().batches({ epoch: 2, batch: 0 }));
  const hashes = digests(whole);
  for (let i = 0; i < whole.length - 1; i += every) {
    const cursor = JSON.parse(JSON.stringify(whole[i]?.next)) as Cursor;
    expect(digests(await collect(make().batches(cursor)))).toEqual(hashes.slice(i + 1));
  }
  return whole;
}

/** Elements with the places that errors would name. */
async function placed<T>(source: Stream<T>): Promise<[T, string | undefined][]> {
  const reader: Reader<T> = source.open();
  const found: [T, string | undefined][] = [];
  for (let step = await reader.next(); typeof step !== 'symbol'; step = await reader.next())
    found.push([step, reader.place?.()]);
  await reader.close();
  return found;
}

/** A file of several chunks with all that may stand in one: quotes, line ends in quotes, remarks, blank lines, foreign letters. */
function wildCsv(rows: number, lineEnd: string): string {
  const random = new Random(7);
  const texts = [
    'plain',
    '"quoted, with comma"',
    '"two\nlines"',
    '"say ""hi"""',
    'Zoë',
    '東京',
    '',
    '  blanks  ',
    '5" pipe',
    '""',
  ];
  const parts = ['name,n,flag,other'];
  for (let i = 0; i < rows; i++) {
    if (random.integer(50) === 0) parts.push('# a "remark');
    if (random.integer(50) === 0) parts.push('');
    const text = texts[random.integer(texts.length)] ?? '';
    const name = text;
    parts.push(
      `${name},${random.integer(1000) / 8},${['True', 'False', 'NA'][random.integer(3)]},${'x'.repeat(random.integer(40))}`,
    );
  }
  return parts.join(lineEnd) + (rows % 2 === 0 ? lineEnd : '');
}

describe('csvStream', () => {
  it.each([
    ['LF', '\n', 30_000],
    ['CRLF', '\r\n', 30_001],
    ['CR', '\r', 30_001],
  ])('gives the rows and lines of csv, of a file of several chunks with %s', async (name, lineEnd, count) => {
    const path = await file(`wild-${name}.csv`, wildCsv(count, lineEnd));
    const table = await csv(path, { comments: '#' });
    expect(table.length).toBe(count);
    const rows = await placed(csvStream(path, { comments: '#' }));
    expect(rows.length).toBe(table.length);
    const wrong = rows.findIndex(([row, place], i) => {
      const expected = table.row(i);
      return (
        place !== `${path}, line ${table.lineOf(i)}` ||
        Object.entries(expected).some(([key, cell]) => row[key] !== cell)
      );
    });
    expect(wrong).toBe(-1);
  });

  it('cuts nowhere but between rows, wherever a file is cut', () => {
    const random = new Random(3);
    const alphabet = ['a', '"', ',', '\n', '\r', '#', ' ', '\t', 'é'];
    let cuts = 0;
    for (let round = 0; round < 1500; round++) {
      const text = Array.from({ length: 1 + random.integer(24) }, () => alphabet[random.integer(alphabet.length)]).join(
        '',
      );
      const options: CsvOptions =
        [{}, { comments: '#' }, { delimiter: 'whitespace' }, { delimiter: '\t', comments: '#' }][random.integer(4)] ??
        {};
      const read = (
        part: string,
        line: number,
      ): { rows: string[][]; lines: number[]; nextLine: number; faults: DataProblem[] } => {
        const problems = new ProblemList();
        return { ...readRows(part, options, problems, line), faults: problems.problems };
      };
      const bytes = encode(text);
      const whole = read(text, 1);
      for (let length = 1; length < bytes.length; length++) {
        const cut = endOfRows(options)(bytes.subarray(0, length));
        if (cut === 0) continue;
        cuts++;
        const first = read(new TextDecoder().decode(bytes.subarray(0, cut)), 1);
        const second = read(new TextDecoder().decode(bytes.subarray(cut)), first.nextLine);
        expect([...first.rows, ...second.rows], JSON.stringify({ text, length, cut, options })).toEqual(whole.rows);
        expect([...first.lines, ...second.lines]).toEqual(whole.lines);
        expect([...first.faults, ...second.faults]).toEqual(whole.faults);
      }
    }
    expect(cuts).toBeGreaterThan(2500);
  });

  it('has its types, and says them to TypeScript', async () => {
    const path = await file('typed.csv', 'zip,age,alive,x\n02139,36,True,1\n90210,,NA,2\n');
    const rows = csvStream(path, { types: { age: 'number', alive: 'boolean', x: 'string' } });
    const [first, second] = await rows.toArray();
    expect(first).toEqual({ zip: '02139', age: 36, alive: true, x: '1' });
    expect(second).toEqual({ zip: '90210', age: null, alive: null, x: '2' });
    expectTypeOf(first!.age).toEqualTypeOf<number | null>();
    expectTypeOf(first!.alive).toEqualTypeOf<boolean | null>();
    expectTypeOf(first!.x).toEqualTypeOf<string | null>();
    const odd = await csvStream(encode('__proto__,constructor\n1,2\n')).toArray();
    expect(Object.entries(odd[0] ?? {})).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });

  it.each<[string, string, CsvOptions]>([
    ['an empty file', '', {}],
    ['duplicate names', 'a,b,a\n1,2,3\n', {}],
    ['another delimiter', 'a;b\n1;2\n', {}],
    ['columns that blanks align', 'a b\n1 2\n3 4\n', {}],
    ['a web page', '<!DOCTYPE html>\n<html><body>Sign in</body></html>\n', {}],
    ['JSON', '[\n  {"a": 1},\n  {"a": 2}\n]\n', {}],
    ['a workbook', 'PK\u0003\u0004\u0014\0\n', {}],
    ['a header that cannot be read', '"a"b,c\n1,2\n', {}],
    ['a column that is not there', 'a\n1\n', { types: { b: 'number' } }],
    ['a row that is too short', 'a,b\n1,2\n3\n', {}],
    ['a field of another type', 'a,b\n1,x\n2,y\nz,w\n', { types: { a: 'number' } }],
    ['no boolean', 'a\nTrue\nmaybe\n', { types: { a: 'boolean' } }],
    ['a quote that does not end', 'a,b\n1,2\n"x,3\n4,5\n', {}],
    ['a quote in the wrong place', 'a,b\n"x"y,3\n4,5\n', {}],
    ['runs of blanks', 'a b\n1  2\n', { delimiter: ' ' }],
    ['an option that it does not know', 'a\n1\n', { header: [] }],
  ])('says of %s what csv says', async (name, text, options) => {
    const path = await file('people.csv', text);
    const expected = await failure(() => csv(path, options));
    const error = await failure(async () => csvStream(path, options).toArray());
    expect(error.message).toBe(expected.message);
    expect(error.problems).toEqual(expected.problems);
    expect(error.source).toBe(expected.source);
    expect(await openFiles()).toEqual([]);
  });

  it('names the line of a bad row, and gives those in front of it', async () => {
    const path = await file('late.csv', `a,b\n${'1,2\n'.repeat(100_000)}1,x\n3,4\n`);
    const found: unknown[] = [];
    const error = await failure(async () => {
      for await (const row of csvStream(path)) found.push(row);
    });
    expect(found).toHaveLength(100_000);
    expect(error.message).toMatch(
      /late\.csv: 1 problem:\n {2}line 100002, column 'b': expected a number, got "x" \(the type is that of the first 1000 rows\)\n {2}hint: .*'b': 'string'/,
    );
    const postal = await file('zip.csv', `zip\n${'90210\n'.repeat(2000)}02139\n`);
    expect((await failure(() => csvStream(postal).toArray())).problems).toEqual([
      {
        line: 2002,
        column: 'zip',
        message: '"02139" begins with a zero, which a number does not keep (the type is that of the first 1000 rows)',
      },
    ]);
    expect(
      await csvStream(postal, { types: { zip: 'number' } })
        .skip(2000)
        .toArray(),
    ).toEqual([{ zip: 2139 }]);
    expect(await csvStream(postal, { sampleRows: 3000 }).skip(2000).toArray()).toEqual([{ zip: '02139' }]);
  });

  it('leaves bad rows out on request, and says which', async () => {
    const text = 'a,b\n1,2\n3\n4,x\n"5"5",6\n7,8\n';
    const problems: DataProblem[] = [];
    const rows = await csvStream(encode(text), {
      badRows: 'skip',
      onBadRow: (problem) => problems.push(problem),
      types: { b: 'number' },
    }).toArray();
    expect(rows).toEqual([
      { a: 1, b: 2 },
      { a: 7, b: 8 },
    ]);
    expect(problems).toEqual(parseCsv(text, { badRows: 'skip', types: { b: 'number' } }).problems);
    expect(problems.map(({ line }) => line)).toEqual([3, 4, 5]);
  });

  it('puts the line in front of what goes wrong behind it', async () => {
    const path = await file('people.csv', 'name,age\nAda,36\n"Grace\nHopper",85\nAlan,\n');
    const rows = csvStream(path);
    expect(
      (
        await failure(() =>
          rows
            .map((row) => {
              if (row['age'] === 85) throw new RangeError('too old');
              return row;
            })
            .toArray(),
        )
      ).message,
    ).toBe(`[map] ${path}, line 3: too old.`);
    const missing = await failure(() =>
      collect(
        rows
          .map((row) => ({ age: row['age'] }))
          .batch(8)
          .batches(),
      ),
    );
    expect(missing.message).toMatch(
      /^\[batch\] .*people\.csv, line 5: field 'age' has no value \(null\)\.\n {2}hint: Leave such elements out/,
    );
  });

  it('goes on in the middle of an epoch, at the byte and behind a shuffle', async () => {
    const path = await file('wild.csv', wildCsv(30_000, '\n'));
    const rows = (): Stream<{ x: number[] }> =>
      csvStream(path, { comments: '#' }).map(({ n, name, other }) => ({
        x: [Number(n), String(name).length, String(other).length],
      }));
    const whole = await expectResumes(() => rows().batch(128), 80);
    const position = whole.at(-20)?.next.position as { byte: number };
    expect(position.byte).toBeGreaterThan(2 ** 18); // and not from the start
    const shuffled = await expectResumes(
      () => rows().shuffle({ buffer: 500, seed: 4 }).batch(128, { dropLast: true }),
      100,
    );
    expect(JSON.stringify(shuffled[100]?.next).length).toBeLessThan(200);
    const gone = await file('wild.csv', 'name,n,flag,other\n');
    const cursor = shuffled[100]?.next;
    expect(
      (
        await failure(() =>
          collect(
            csvStream(gone, { comments: '#' })
              .map(({ n }) => ({ x: [Number(n)] }))
              .shuffle({ buffer: 500, seed: 4 })
              .batch(128)
              .batches(cursor),
          ),
        )
      ).message,
    ).toMatch(/ended before its element/);
  });

  it.runIf(process.platform === 'linux')('closes the file on break and on errors', async () => {
    const path = await file('wild.csv', wildCsv(30_000, '\n'));
    const rows = csvStream(path, { comments: '#' }).map(({ n }) => ({ n: Number(n) }));
    for await (const row of rows) {
      expect(row.n).toBeGreaterThanOrEqual(0);
      expect(await openFiles()).toEqual([path]);
      break;
    }
    expect(await openFiles()).toEqual([]);
    for await (const { batch } of rows.shuffle({ buffer: 10, seed: 0 }).batch(16).batches()) {
      expect(batch.n.shape).toEqual([16]);
      break;
    }
    expect(await openFiles()).toEqual([]);
    await failure(() =>
      rows
        .map(() => {
          throw new DataError('mine');
        })
        .toArray(),
    );
    expect(await openFiles()).toEqual([]);
    const packed = await file('wild.csv.gz', gzipSync(wildCsv(30_000, '\n')));
    for await (const row of csvStream(packed, { comments: '#' })) {
      expect(row['n']).toBeTypeOf('number');
      break;
    }
    expect(await openFiles()).toEqual([]);
  });
});

describe('sources', () => {
  const text = wildCsv(20_000, '\n');
  const options: CsvOptions = { comments: '#' };
  const rows = (): Record<string, unknown>[] => {
    const table = parseCsv(text, options);
    return Array.from({ length: table.length }, (_, i) => table.row(i));
  };

  it('are bytes, blobs, packed files, and texts in other encodings, which go on where they were', async () => {
    const expected = rows();
    const sources: [string | Blob | Uint8Array, string?][] = [
      [encode(text)],
      [new Blob([encode(text)])],
      [await file('packed.csv.gz', gzipSync(text))],
      [new Blob([gzipSync(text)])],
      [await file('wide.csv', Buffer.from(`\ufeff${text}`, 'utf16le')), 'utf-16le'],
    ];
    for (const [source, encoding] of sources) {
      const make = (): Stream<Record<string, unknown>> =>
        csvStream(source, { ...options, ...(encoding !== undefined && { encoding }) });
      expect(await make().toArray()).toEqual(expected);
      await expectResumes(
        () =>
          make()
            .map(({ n }) => ({ n: Number(n) }))
            .batch(2000),
        5,
      );
    }
    const latin = await file('latin.csv', Buffer.from('name\nZoë\n', 'latin1'));
    expect(await csvStream(latin, { encoding: 'windows-1252' }).toArray()).toEqual([{ name: 'Zoë' }]);
  });

  it('say what is wrong with them', async () => {
    const damaged = gzipSync(text);
    damaged[damaged.length - 6]! ^= 1; // the checksum
    expect((await failure(() => csvStream(damaged, options).toArray())).message).toMatch(
      /gzip data is damaged or cut short/,
    );
    expect((await failure(() => csvStream(gzipSync(text).subarray(0, 500), options).toArray())).message).toMatch(
      /gzip data is damaged or cut short/,
    );
    const path = await file(
      'latin.csv',
      Buffer.concat([encode('name\n'.repeat(70_000)), Buffer.from('Zoë\n', 'latin1')]),
    );
    expect((await failure(() => csvStream(path).toArray())).message).toMatch(
      /latin\.csv, line 70001, is not valid utf-8 text\.\n {2}hint: .*windows-1252/,
    );
    expect((await failure(() => csvStream('no.csv').toArray())).message).toMatch(
      /\[csv\] cannot read no\.csv: there is no such file/,
    );
    expect(() => csvStream('a.csv', { encoding: 'klingon' })).toThrow(/no encoding 'klingon'/);
    expect(() => csvStream(3 as never)).toThrow(/the source must be a path, a URL/);
    const endless = new Blob([
      `a,b\n"${'x'.repeat(2 ** 20)}\n`,
      ...new Array<string>(140).fill('x,y\n'.repeat(2 ** 18)),
    ]);
    expect((await failure(() => csvStream(endless).toArray())).message).toMatch(
      /line 2: a row that begins here has no end within 64 MiB[^]*quote/,
    );
  });

  it('are addresses, of servers with ranges and without', async () => {
    const asked: (string | undefined)[] = [];
    const body = Buffer.from(text);
    const server: Server = createServer((request, response) => {
      asked.push(request.headers.range);
      if (request.url === '/page') return void response.end('<!doctype html><html>sign in</html>');
      if (request.url === '/none') return void response.writeHead(404).end();
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const ranged = request.url === '/ranges.csv' && request.headers.range !== undefined;
      response.writeHead(ranged ? 206 : 200).end(ranged ? body.subarray(from) : body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const expected = rows();
      for (const path of ['/ranges.csv', '/whole.csv']) {
        expect(await csvStream(address + path, options).toArray()).toEqual(expected);
        await expectResumes(
          () =>
            csvStream(address + path, options)
              .map(({ n }) => ({ n: Number(n) }))
              .batch(4000),
          3,
        );
      }
      expect(asked.some((range) => range !== undefined)).toBe(true);
      expect((await failure(() => linesStream(`${address}/page`).toArray())).message).toMatch(
        /is an HTML page, not data/,
      );
      expect((await failure(() => linesStream(`${address}/none`).toArray())).message).toMatch(/cannot read .*404/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('linesStream', () => {
  it.each(['\n', '\r\n', '\r'])('gives the lines between %j, and goes on at any', async (lineEnd) => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `${i} ${'é'.repeat(i % 17)}`);
    const path = await file('lines.txt', lines.join(lineEnd) + lineEnd);
    const found = await placed(linesStream(path));
    expect(found.map(([line]) => line)).toEqual(lines);
    expect(found.findIndex(([, place], i) => place !== `${path}, line ${i + 1}`)).toBe(-1);
    await expectResumes(
      () =>
        linesStream(path)
          .map((line) => ({ length: line.length }))
          .batch(1000),
      17,
    );
  });

  it('keeps empty lines and a last one without an end', async () => {
    expect(await linesStream(encode('a\n\nb')).toArray()).toEqual(['a', '', 'b']);
    expect(await linesStream(encode('\n\n')).toArray()).toEqual(['', '']);
    expect(await linesStream(encode('')).toArray()).toEqual([]);
    expect(await linesStream(encode('a\r\n\rb\n')).toArray()).toEqual(['a', '', 'b']);
    expect(await linesStream(encode('\ufeffa\n')).toArray()).toEqual(['a']);
  });
});

describe('textStream', () => {
  const random = new Random(5);
  const words = ['to', 'be', 'or', 'not', 'Zoë', '東京', 'slings', 'and', 'arrows'];
  const word = (): string => words[random.integer(words.length)] ?? '';
  const prose = Array.from(
    { length: 20_000 },
    () => `${Array.from({ length: 1 + random.integer(9) }, word).join(' ')}\n`,
  ).join('');
  const oneLine = Array.from({ length: 40_000 }, word).join(' ');
  const noBlank = '東京é'.repeat(30_000);
  const codes = (text: string): Uint32Array => Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);

  it.each([
    ['prose', prose],
    ['one line', oneLine],
    ['one word', noBlank],
  ])('cuts %s into windows that are the text', async (_, text) => {
    for (const tokenizer of [codes, { encode: codes }, (piece: string) => Promise.resolve(codes(piece))]) {
      const windows = await textStream(encode(text), { length: 100, tokenizer }).toArray();
      const all = codes(text);
      expect(windows.length).toBe(Math.floor(all.length / 100));
      const joined = windows.flatMap(({ ids }) => [...ids]);
      expect(joined.findIndex((id, i) => id !== all[i])).toBe(-1);
    }
  });

  it.each([
    [100, 100],
    [128, 64],
    [64, 1000],
    [10, 70_000],
    [100_000, 50_000],
  ])('takes windows of %i tokens, each %i behind the last, and goes on at any', async (length, stride) => {
    const all = Int32Array.from(encode(prose));
    const path = await file('prose.txt', prose);
    const make = (): Stream<{ ids: Int32Array }> => textStream(path, { length, stride });
    const windows = await make().toArray();
    expect(windows.length).toBe(Math.floor((all.length - length) / stride) + 1);
    expect(
      windows.findIndex(
        ({ ids }, i) =>
          Buffer.compare(Buffer.from(ids.buffer), Buffer.from(all.slice(i * stride, i * stride + length).buffer)) !== 0,
      ),
    ).toBe(-1);
    await expectResumes(() => make().batch(4), Math.ceil(windows.length / 20));
  });

  it('goes on behind a shuffle, at the byte, with a tokenizer whose tokens are no bytes', async () => {
    const path = await file('prose.txt', prose);
    // Words are the tokens: what a piece gives depends on where it is cut.
    const encodeWords = (text: string): number[] => Array.from(text.matchAll(/\s*\S+/g), ([token]) => token.length);
    const make = (): BatchStream =>
      textStream(path, { length: 33, stride: 32, tokenizer: encodeWords }).shuffle({ buffer: 50, seed: 2 }).batch(8);
    const whole = await expectResumes(make, 40);
    expect(whole[0]?.batch['ids']?.shape).toEqual([8, 33]);
    const cursor = whole.at(-2)?.next;
    const position = cursor?.position as { source: { byte: number } };
    expect(position.source.byte).toBeGreaterThan(2 ** 17);
    for await (const { ids } of make()) {
      expect(ids?.dtype).toBe('int32');
      break;
    }
  });

  it('says what is wrong with a tokenizer', async () => {
    const text = encode('a\nb\n');
    for (const [wrong, message] of [
      [() => [1.5], /gave 1\.5 \(id 0 of 1\); ids are integers from 0/],
      [() => [3, -1], /gave -1 \(id 1 of 2\)/],
      [() => [2 ** 31], /gave 2147483648/],
      [() => 'ab', /must give an array of ids, got "ab"/],
      [
        () => {
          throw new RangeError('unknown character');
        },
        /<bytes>, from line 1 on: unknown character/,
      ],
    ] as const) {
      const error = await failure(() => textStream(text, { length: 1, tokenizer: wrong as never }).toArray());
      expect(error.message).toMatch(message);
    }
    expect(() => textStream(text, { length: 1, tokenizer: {} as never })).toThrow(
      /tokenizer must be a function or an object with encode/,
    );
    expect(() => textStream(text, {} as never)).toThrow(/length/);
    expect((await failure(() => collect(textStream(text, { length: 9 }).batch(1).batches()))).message).toMatch(
      /gave no batch/,
    );
  });
});

const script = await buildProgram(fileURLToPath(new URL('./support/stream-memory.mjs', import.meta.url)));

it('reads a file of 40 MB in the memory of one of 4 MB', { timeout: 120_000 }, () => {
  const held = (megabytes: number): number => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [script, String(megabytes), folder], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return Number(stdout);
  };
  // Of 36 MB more of text nothing is held; training/test/stream-memory.test.ts shows what the measure sees where text or rows are.
  expect(held(40) - held(4)).toBeLessThan(4);
});
