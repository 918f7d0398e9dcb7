/** Ranges of bytes of a file on disk, a Blob, or bytes: what lets a dataset be larger than memory. */
import { FileError, hasFiles, readRanges } from '@hebb/files';
import { DataError } from './errors.ts';
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

/** Reading so many bytes for nothing is faster than another request. */
const gapBytes = 1 << 15;
/** One request is not for more. */
const pieceBytes = 1 << 24;

/**
 * A file is opened for each `read` and closed after it, so that nobody needs to close a dataset. It is read synchronously: the rows of a batch are many and short, and come
 * from the memory of the system in less time than their promises would take. A disk that has to be waited for is read in workers, where nothing else is held up.
 *
 * @throws DataError naming the source, if it cannot be read by ranges
 */
export function rangedSource(where: string, source: Source): RangedSource {
  const name = nameOf(where, source);
  if (source instanceof Uint8Array) {
    return fromReader(name, source.length, (start, length) => source.subarray(start, start + length));
  }
  if (source instanceof Blob) {
    return fromReader(name, source.size, async (start, length) => {
      return new Uint8Array(await source.slice(start, start + length).arrayBuffer());
    });
  }
  if (/^(?:https?|blob|data):/i.test(name) || !hasFiles()) {
    throw new DataError(`[${where}] ${name} is an address; ranges are read from files, Blobs and bytes.`, {
      source: name,
      hint: 'Download it once with fetchDataset and give the path, or fetch it whole: await (await fetch(url)).blob().',
    });
  }
  const read = (ranges: readonly Range[]): ReturnType<typeof readRanges> => {
    try {
      return readRanges(
        source,
        ranges.map(({ start, length }) => ({ position: start, length })),
      );
    } catch (cause) {
      throw cause instanceof FileError ? fileError(where, cause) : cause;
    }
  };
  const { size } = read([]);
  return {
    name,
    size,
    read: async (ranges) => {
      const pieces = piecesOf(ranges);
      const found = read(pieces);
      if (found.size !== size) {
        throw new DataError(`[${where}] ${name} has ${found.size} bytes now; it had ${size} when it was opened.`, {
          source: name,
          hint: 'It must not change while it is read: open it again once it is complete.',
        });
      }
      return cut(ranges, pieces, found.ranges);
    },
  };
}

/** A source that reads any range by a promise. */
function fromReader(
  name: string,
  size: number,
  readRange: (start: number, length: number) => Uint8Array | Promise<Uint8Array>,
): RangedSource {
  return {
    name,
    size,
    read: async (ranges) => {
      const pieces = piecesOf(ranges);
      const read = await Promise.all(pieces.map(async ({ start, length }) => await readRange(start, length)));
      return cut(ranges, pieces, read);
    },
  };
}

/** The ranges, out of the pieces that hold them. */
function cut(ranges: readonly Range[], pieces: readonly Piece[], read: readonly Uint8Array[]): Uint8Array[] {
  const found: Uint8Array[] = [];
  pieces.forEach(({ start, members }, i) => {
    for (const member of members) {
      const range = ranges[member] ?? { start, length: 0 };
      const at = range.start - start;
      found[member] = (read[i] ?? new Uint8Array(0)).subarray(at, at + range.length);
    }
  });
  return found;
}

interface Piece extends Range {
  /** Numbers of the ranges in it. */
  readonly members: number[];
}

/** The requests for these ranges: neighbours together. */
function piecesOf(ranges: readonly Range[]): Piece[] {
  const startOf = (member: number): number => ranges[member]?.start ?? 0;
  const order = ranges.map((_, member) => member).sort((a, b) => startOf(a) - startOf(b));
  const pieces: { start: number; length: number; members: number[] }[] = [];
  for (const member of order) {
    const { start, length } = ranges[member] ?? { start: 0, length: 0 };
    const last = pieces.at(-1);
    const end = start + length;
    const gap = last === undefined ? Infinity : start - (last.start + last.length);
    if (last !== undefined && gap <= gapBytes && end - last.start <= pieceBytes) {
      last.length = Math.max(last.length, end - last.start);
      last.members.push(member);
    } else pieces.push({ start, length, members: [member] });
  }
  return pieces;
}
