/** Ranges of bytes of a file on disk, a Blob, or bytes: what lets a dataset be larger than memory. */
import { FileError, hasFiles, openFile } from '@hebb/files';
import { DataError, messageOf } from './errors.ts';
import { fileError, nameOf, type Source } from './files.ts';

export interface Range {
  readonly start: number;
  readonly length: number;
}

export interface RangedSource {
  /** How errors name it. */
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /** The bytes of each range, in the order given; ranges that lie close together are read at once. */
  read(ranges: readonly Range[]): Promise<Uint8Array[]>;
}

type ReadRange = (start: number, length: number) => Promise<Uint8Array>;

/** Reading so many bytes for nothing is faster than another request. */
const gapBytes = 1 << 15;
/** One request is not for more. */
const pieceBytes = 1 << 24;

/**
 * A file is opened for each `read` and closed after it, so that nobody needs to close a dataset, and is never kept.
 *
 * @throws DataError naming the source, if it cannot be read by ranges
 */
export async function rangedSource(where: string, source: Source): Promise<RangedSource> {
  const name = nameOf(where, source);
  if (source instanceof Uint8Array) {
    return fromReader(name, source.length, (use) =>
      use((start, length) => Promise.resolve(source.subarray(start, start + length))),
    );
  }
  if (source instanceof Blob) {
    return fromReader(name, source.size, (use) =>
      use(async (start, length) => new Uint8Array(await source.slice(start, start + length).arrayBuffer())),
    );
  }
  if (/^(?:https?|blob|data):/i.test(name) || !hasFiles()) {
    throw new DataError(`[${where}] ${name} is an address; ranges are read from files, Blobs and bytes.`, {
      source: name,
      hint: 'Download it once with fetchDataset and give the path, or fetch it whole: await (await fetch(url)).blob().',
    });
  }
  const told = async <T>(result: Promise<T>): Promise<T> => {
    try {
      return await result;
    } catch (cause) {
      if (cause instanceof DataError) throw cause;
      if (cause instanceof FileError) throw fileError(where, cause);
      throw new DataError(`[${where}] cannot read ${name}: ${messageOf(cause)}.`, { source: name, cause });
    }
  };
  const size = await told(openFile(source, (file) => Promise.resolve(file.size)));
  return fromReader(name, size, (use) =>
    told(
      openFile(source, (file) => {
        if (file.size !== size) {
          throw new DataError(`[${where}] ${name} has ${file.size} bytes now; it had ${size} when it was opened.`, {
            source: name,
            hint: 'It must not change while it is read: open it again once it is complete.',
          });
        }
        return use((start, length) => file.read(start, length));
      }),
    ),
  );
}

function fromReader(
  name: string,
  size: number,
  withReader: (use: (read: ReadRange) => Promise<Uint8Array[]>) => Promise<Uint8Array[]>,
): RangedSource {
  return {
    name,
    size,
    read: async (ranges) => {
      const pieces = piecesOf(ranges);
      const read = await withReader((readRange) =>
        Promise.all(pieces.map(({ start, end }) => readRange(start, end - start))),
      );
      const found: Uint8Array[] = [];
      pieces.forEach(({ start, members }, i) => {
        for (const member of members) {
          const range = ranges[member] ?? { start, length: 0 };
          const at = range.start - start;
          found[member] = (read[i] ?? new Uint8Array(0)).subarray(at, at + range.length);
        }
      });
      return found;
    },
  };
}

interface Piece {
  readonly start: number;
  end: number;
  /** Numbers of the ranges in it. */
  readonly members: number[];
}

/** The requests for these ranges: neighbours together. */
function piecesOf(ranges: readonly Range[]): Piece[] {
  const order = ranges.map((range, member) => ({ ...range, member })).sort((a, b) => a.start - b.start);
  const pieces: Piece[] = [];
  for (const { start, length, member } of order) {
    const last = pieces.at(-1);
    const end = start + length;
    if (last !== undefined && start - last.end <= gapBytes && end - last.start <= pieceBytes) {
      last.end = Math.max(last.end, end);
      last.members.push(member);
    } else pieces.push({ start, end, members: [member] });
  }
  return pieces;
}
