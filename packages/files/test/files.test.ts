import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile as nodeReadFile,
  readlink,
  rm,
  symlink,
  utimes,
} from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  FileError,
  hasFiles,
  isSameFile,
  linkFile,
  listFolder,
  openFile,
  readFile,
  readPieces,
  readRanges,
  removeFile,
  removeTemporaries,
  requireWritableFolder,
  writeFile,
} from '../src/index.ts';

let folder = '';
let path = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hebb-files-'));
  path = join(folder, 'a.txt');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

async function* pieces(...parts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield await Promise.resolve(new TextEncoder().encode(part));
  }
}

async function failureOf(attempt: Promise<unknown>): Promise<FileError> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FileError);
  return error as FileError;
}

describe('writing', () => {
  it.each([
    ['text', 'naïve'],
    ['bytes', new TextEncoder().encode('naïve')],
    ['pieces', pieces('na', 'ï', 've')],
  ])('takes %s', async (_, data) => {
    await writeFile(path, data);
    expect(await nodeReadFile(path, 'utf8')).toBe('naïve');
    await writeFile(pathToFileURL(path), 'again');
    expect(text(await readFile(pathToFileURL(path)))).toBe('again');
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it('leaves the old file as it was where the data fail, and passes their error on', async () => {
    await writeFile(path, 'old');
    const fault = new RangeError('the server fell silent');
    await expect(writeFile(path, pieces('new', fault))).rejects.toBe(fault);
    expect(text(await readFile(path))).toBe('old');
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it('shows readers the old file or the new one, never a part', async () => {
    const old = 'a'.repeat(200_000);
    const young = 'b'.repeat(300_000);
    await writeFile(path, old);
    const write = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) await writeFile(path, i % 2 === 0 ? young : old);
    };
    const read = async (): Promise<void> => {
      for (let i = 0; i < 100; i++) expect([old, young]).toContain(text(await readFile(path)));
    };
    await Promise.all([write(), read(), read()]);
  });

  it('makes folders when asked, and says so when not', async () => {
    const deep = join(folder, 'runs', 'first', 'a.txt');
    const error = await failureOf(writeFile(deep, 'x'));
    expect(error.message).toBe(
      `cannot write ${deep}: the folder does not exist.\n  hint: Choose a folder that exists, that you may write to, on a disk with room.`,
    );
    expect([error.code, error.path]).toEqual(['ENOENT', deep]);
    await writeFile(deep, 'x', { makeFolder: true });
    expect(await listFolder(join(folder, 'runs'))).toEqual(['first']);
    await requireWritableFolder(join(folder, 'more'));
    expect(await readdir(join(folder, 'more'))).toEqual([]);
  });

  it('names what stands in the way', async () => {
    await writeFile(path, 'x');
    const below = join(path, 'b');
    expect((await failureOf(writeFile(folder, 'x'))).reason).toBe('there is a folder of that name');
    expect((await failureOf(writeFile(below, 'x'))).reason).toBe('part of the path is not a folder');
    expect((await failureOf(writeFile(below, 'x', { makeFolder: true }))).summary).toBe(
      `cannot write ${below}: ${path} is a file.`,
    );
    expect((await failureOf(requireWritableFolder(path))).summary).toBe(`cannot write ${path}: ${path} is a file.`);
    expect((await failureOf(writeFile(join(folder, 'x'.repeat(400)), 'x'))).reason).toBe('the path is too long');
    expect((await failureOf(writeFile('a\0b', 'x'))).reason).toMatch(/null bytes/);
    expect(await readdir(folder)).toEqual(['a.txt']);
  });

  it.runIf(process.platform === 'linux')('does not hang where Node does', async () => {
    await failureOf(requireWritableFolder('/proc/none/such'));
    if (process.getuid?.() === 0) return;
    await mkdir(join(folder, 'closed'));
    await chmod(join(folder, 'closed'), 0o555);
    expect((await failureOf(writeFile(join(folder, 'closed', 'a'), 'x'))).reason).toBe('permission is denied');
  });
});

describe('after a loss of power', () => {
  it('has the bytes on the disk before the name, and the name before it returns', async () => {
    const files = process.getBuiltinModule('node:fs/promises');
    const events: string[] = [];
    const { open, rename } = files;
    vi.spyOn(files, 'open').mockImplementation(async (at, ...rest) => {
      const handle = await open(at, ...rest);
      const name = String(at) === folder ? 'the folder' : String(at).endsWith('.tmp') ? 'the bytes' : String(at);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        await sync();
        events.push(`synced ${name}`);
      };
      return handle;
    });
    vi.spyOn(files, 'rename').mockImplementation(async (from, to) => {
      await rename(from, to);
      events.push(`renamed to ${String(to)}`);
    });
    try {
      await writeFile(path, 'x');
    } finally {
      vi.restoreAllMocks();
    }
    expect(events).toEqual(['synced the bytes', `renamed to ${path}`, 'synced the folder']);
  });
});

describe('names', () => {
  it('gives a content a second one, which stays', async () => {
    const other = join(folder, 'b.txt');
    await writeFile(path, 'old');
    await writeFile(other, 'in the way');
    await linkFile(path, other);
    await writeFile(path, 'new');
    expect([text(await readFile(path)), text(await readFile(other))]).toEqual(['new', 'old']);
    await removeFile(path);
    await removeFile(path);
    expect(await readdir(folder)).toEqual(['b.txt']);
    expect((await failureOf(linkFile(path, other))).summary).toBe(
      `cannot read ${path}: there is no such file or folder.`,
    );
    expect((await failureOf(linkFile(other, join(folder, 'none', 'c')))).path).toBe(join(folder, 'none', 'c'));
    expect(await readdir(folder)).toEqual(['b.txt']);
  });

  it('copies where the disk knows no links', async () => {
    await writeFile(path, 'old');
    const files = process.getBuiltinModule('node:fs/promises');
    vi.spyOn(files, 'link').mockRejectedValue(Object.assign(new Error('no links'), { code: 'EPERM' }));
    await linkFile(path, join(folder, 'b.txt'));
    vi.restoreAllMocks();
    expect(text(await readFile(join(folder, 'b.txt')))).toBe('old');
  });

  it('sweeps what a killed process left, and nothing else', async () => {
    const child = spawn(process.execPath, [
      '--import=tsx',
      '--input-type=module',
      '--eval',
      `import { writeFile } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)};
       async function* endless() { for (;;) { yield new Uint8Array(1000); process.stdout.write('.'); } }
       await writeFile(${JSON.stringify(path)}, endless());`,
    ]);
    const exit = new Promise((resolve) => child.once('exit', resolve));
    await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), exit]);
    child.kill('SIGKILL');
    await exit;
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^a\.txt\..*\.tmp$/)]);
    for (const name of ['a.txt', 'a.txt.tmp', 'notes.tmp']) await writeFile(join(folder, name), 'mine');
    expect(await removeTemporaries(folder, (name) => name === 'b.txt')).toEqual([]);
    expect(await removeTemporaries(folder, (name) => name === 'a.txt')).toEqual(['a.txt']);
    expect(await readdir(folder)).toEqual(['a.txt', 'a.txt.tmp', 'notes.tmp']);
    // Of two, the one into which somebody may still be writing stays.
    const [old, young] = [0, 1].map(() => join(folder, `a.txt.${crypto.randomUUID()}.tmp`)) as [string, string];
    for (const name of [old, young]) await writeFile(name, 'half');
    await utimes(old, new Date(), new Date(Date.now() - 700_000));
    expect(await removeTemporaries(folder, () => true, { untouchedFor: 600 })).toEqual(['a.txt']);
    expect((await readdir(folder)).map((name) => join(folder, name))).toContain(young);
    expect(await readdir(folder)).toHaveLength(4);
  });
});

describe('reading', () => {
  it('takes ranges of an open file', async () => {
    await writeFile(path, 'hello world');
    const parts = await openFile(path, async (file) => [
      file.size,
      text(await file.read(6, 5)),
      text(await file.read(0, 0)),
      text(await file.read(0, file.size)),
    ]);
    expect(parts).toEqual([11, 'world', '', 'hello world']);
    expect((await failureOf(openFile(path, (file) => file.read(6, 6)))).reason).toBe('it ends before byte 12');
  });

  it('closes the file, also where its user fails', async () => {
    await writeFile(path, 'x');
    const open = async (): Promise<number> =>
      process.platform === 'linux' ? (await readdir('/proc/self/fd')).length : 0;
    const before = await open();
    const fault = new Error('mine');
    for (let i = 0; i < 10; i++) {
      await expect(openFile(path, () => Promise.reject(fault))).rejects.toBe(fault);
    }
    expect(await open()).toBe(before);
  });

  it('says why it cannot', async () => {
    const absent = join(folder, 'absent');
    for (const attempt of [
      () => readFile(absent),
      () => openFile(absent, () => Promise.resolve(1)),
      () => listFolder(absent),
    ]) {
      const error = await failureOf(attempt());
      expect(error.message).toBe(
        `cannot read ${absent}: there is no such file or folder.\n  hint: Relative paths start at the working directory, ${process.cwd()}.`,
      );
      expect((error.cause as NodeJS.ErrnoException).code).toBe('ENOENT');
    }
    expect((await failureOf(readFile(folder))).reason).toBe('it is a folder');
    expect((await failureOf(openFile(folder, (file) => file.read(0, 1)))).reason).toBe('it is a folder');
  });

  it('knows a file by another path', async () => {
    await writeFile(path, 'x');
    await symlink(folder, join(folder, 'again'));
    expect(await isSameFile(path, join(folder, 'again', '..', 'a.txt'))).toBe(true);
    expect(await isSameFile(folder, join(folder, 'again'))).toBe(true);
    expect(await isSameFile(path, folder)).toBe(false);
    expect(await isSameFile(join(folder, 'none'), join(folder, 'none'))).toBe(false);
  });

  it('reads many ranges at once, in the order asked for', async () => {
    await writeFile(path, Uint8Array.of(0, 1, 2, 3, 4, 5));
    const asked = [
      { position: 4, length: 2 },
      { position: 0, length: 5 },
      { position: 6, length: 0 },
    ];
    expect(readRanges(path, asked)).toEqual({
      size: 6,
      ranges: [Uint8Array.of(4, 5), Uint8Array.of(0, 1, 2, 3, 4), new Uint8Array(0)],
    });
    expect(readRanges(pathToFileURL(path), [])).toEqual({ size: 6, ranges: [] });
    const failed = (file: string, length: number): FileError => {
      try {
        readRanges(file, [{ position: 1, length }]);
      } catch (error) {
        return error as FileError;
      }
      throw new Error('it was read');
    };
    expect(failed(path, 6).summary).toBe(`cannot read ${path}: it ends before byte 7.`);
    expect(failed(join(folder, 'none'), 1).code).toBe('ENOENT');
    expect(failed(folder, 1).reason).toBe('it is a folder');
  });

  it('lists names in order', async () => {
    for (const name of ['c', 'a', 'b']) await writeFile(join(folder, name), '');
    expect(await listFolder(folder)).toEqual(['a', 'b', 'c']);
  });
});

describe('where there are no files', () => {
  // As a page sees it: no process at all; and as bundlers fill the name in: an empty one.
  it.each([
    ['no process', undefined],
    ['an empty process', { env: {}, versions: {} }],
    ['a process without these modules', { getBuiltinModule: () => undefined }],
  ])('every function says so and what to do: %s', async (_, replacement) => {
    const real = globalThis.process;
    const errors: FileError[] = [];
    globalThis.process = replacement as unknown as typeof process;
    try {
      expect(hasFiles()).toBe(false);
      const attempts = [
        () => readFile('a.bin'),
        () => openFile('a.bin', () => Promise.resolve(1)),
        () => listFolder('a'),
        () => writeFile('a.bin', 'x'),
        () => requireWritableFolder('a', { instead: 'Use the console.' }),
      ];
      for (const attempt of attempts) errors.push(await failureOf(attempt()));
    } finally {
      globalThis.process = real;
    }
    expect(hasFiles()).toBe(true);
    expect(errors.map(({ message }) => message.split('\n  hint: '))).toEqual([
      [
        'cannot read a.bin: files are there in Node only, not in a browser.',
        expect.stringContaining('await fetch(url)'),
      ],
      [
        'cannot read a.bin: files are there in Node only, not in a browser.',
        expect.stringContaining('await fetch(url)'),
      ],
      ['cannot read a: files are there in Node only, not in a browser.', expect.stringContaining('await fetch(url)')],
      [
        'cannot write a.bin: files are there in Node only, not in a browser.',
        expect.stringContaining('createObjectURL'),
      ],
      ['cannot write a: files are there in Node only, not in a browser.', 'Use the console.'],
    ]);
    expect(errors.map(({ code }) => code)).toEqual(new Array(5).fill('ENOSYS'));
  });
});

describe('reading piece by piece', () => {
  const open = async (): Promise<string[]> =>
    (
      await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
    ).filter((target) => target === path);

  it('gives every byte once, from where it is told to', async () => {
    await writeFile(path, 'abcdefgh');
    const read = async (from: number, pieceBytes: number): Promise<string[]> => {
      const found: string[] = [];
      for await (const piece of readPieces(path, { from, pieceBytes })) found.push(text(piece));
      return found;
    };
    expect(await read(0, 3)).toEqual(['abc', 'def', 'gh']);
    expect(await read(0, 4)).toEqual(['abcd', 'efgh']);
    expect(await read(5, 100)).toEqual(['fgh']);
    expect(await read(8, 3)).toEqual([]);
    expect(await read(99, 3)).toEqual([]);
    for (const [from, pieceBytes] of [
      [-1, 1],
      [0, 0],
      [0.5, 1],
    ] as const)
      await expect(read(from, pieceBytes)).rejects.toThrow(FileError);
  });

  it.runIf(process.platform === 'linux')('closes the file at the end, on break and on an error', async () => {
    await writeFile(path, 'abcdefgh');
    for await (const _ of readPieces(path, { pieceBytes: 3 })) expect(await open()).toHaveLength(1);
    expect(await open()).toHaveLength(0);
    for await (const _ of readPieces(path, { pieceBytes: 3 })) break;
    expect(await open()).toHaveLength(0);
    const failing = async (): Promise<void> => {
      for await (const _ of readPieces(path, { pieceBytes: 3 })) throw new RangeError('mine');
    };
    await expect(failing()).rejects.toThrow('mine');
    expect(await open()).toHaveLength(0);
  });

  it('says which file cannot be read', async () => {
    const error = await failureOf(readPieces(path).next());
    expect([error.code, error.path]).toEqual(['ENOENT', path]);
    expect((await failureOf(readPieces(folder).next())).message).toMatch(/it is a folder/);
  });
});
