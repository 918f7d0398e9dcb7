/** Bytes in chunks that end where lines or rows end, so that each can be read for itself. */
import { joinBytes } from '@hebb/files';
import { DataError } from '../errors.ts';
import { undecodable, type Decoder } from '../files.ts';
import { blank, carriageReturn, lineFeed, quote, rowScanner } from '../quotes.ts';
import type { RowOptions } from '../rows.ts';
import { pieceBytes, type ByteSource } from './bytes.ts';

export interface Chunk {
  readonly text: string;
  /** Its first byte in the source, and that of the next chunk. */
  readonly start: number;
  readonly end: number;
  /** The number of its first line. */
  readonly line: number;
}

/** The number of bytes up to where the last complete row ends; 0 where none does. */
export type FindEnd = (bytes: Uint8Array) => number;

const largestRow = 2 ** 26;

/** Reads chunk after chunk from a byte on, where a row begins. Whoever reads the chunks counts the lines in them. */
export class ChunkReader {
  readonly #where: string;
  readonly #source: ByteSource;
  readonly #findEnd: FindEnd;
  readonly #chunkBytes: number;
  readonly #pieces: AsyncGenerator<Uint8Array, void, undefined>;
  #rest: Uint8Array = new Uint8Array(0);
  #start: number;
  #isDone = false;

  constructor(where: string, source: ByteSource, start: number, findEnd: FindEnd, chunkBytes: number = pieceBytes) {
    this.#chunkBytes = chunkBytes;
    this.#where = where;
    this.#source = source;
    this.#findEnd = findEnd;
    this.#start = start;
    this.#pieces = source.pieces(start);
  }

  /**
   * A chunk is what can be cut from the first `chunkBytes`, or from twice as many, and so on: it follows from its first byte alone.
   *
   * @param line the number of its first line
   * @throws DataError for text that is not UTF-8, with the line, and for a row without end
   */
  async next(line: number): Promise<Chunk | undefined> {
    for (let wanted = this.#chunkBytes; ; wanted *= 2) {
      await this.#fill(wanted);
      const { length } = this.#rest;
      if (length <= wanted && this.#isDone) return length === 0 ? undefined : this.#take(length, line);
      const cut = this.#findEnd(this.#rest.subarray(0, wanted));
      if (cut > 0) return this.#take(cut, line);
      if (wanted > largestRow) {
        throw new DataError(
          `[${this.#where}] ${this.#source.name}, line ${line}: a row that begins here has no end within ${largestRow / 2 ** 20} MiB.`,
          { source: this.#source.name, hint: 'Is a quote in it never closed, or is the file not what it seems?' },
        );
      }
    }
  }

  /** Reads until there are so many bytes, or no more. Pieces are joined once: a long row comes in thousands of them. */
  async #fill(wanted: number): Promise<void> {
    const pieces = [this.#rest];
    for (let { length } = this.#rest; length < wanted && !this.#isDone;) {
      const piece = await this.#pieces.next();
      if (piece.done === true) this.#isDone = true;
      else {
        pieces.push(piece.value);
        length += piece.value.length;
      }
    }
    this.#rest = joined(pieces);
  }

  async close(): Promise<void> {
    await this.#pieces.return();
  }

  #take(length: number, line: number): Chunk {
    const bytes = this.#rest.subarray(0, length);
    const start = this.#start;
    this.#rest = this.#rest.subarray(length);
    this.#start += length;
    return { text: this.#decode(bytes, start === 0, line), start, end: this.#start, line };
  }

  #decode(bytes: Uint8Array, isFirst: boolean, line: number): string {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: !isFirst });
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      const place = `, line ${line + wholeLines(bytes, decoder)},`;
      throw undecodable(this.#where, { bytes, encoding: 'utf-8', name: this.#source.name, place, cause });
    }
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const filled = pieces.filter(({ length }) => length > 0);
  const [first = new Uint8Array(0)] = filled;
  return filled.length <= 1 ? first : joinBytes(filled);
}

/** How many lines in front are text. */
function wholeLines(bytes: Uint8Array, decoder: Decoder): number {
  let lines = 0;
  for (let at = 0; ; lines++) {
    const next = bytes.indexOf(lineFeed, at) + 1;
    try {
      decoder.decode(bytes.subarray(at, next === 0 ? bytes.length : next));
    } catch {
      return lines;
    }
    if (next === 0) return lines;
    at = next;
  }
}

/** Where the last line ends: LF, CRLF or CR. A CR at the very end may be the half of a CRLF. */
export function endOfLines(bytes: Uint8Array): number {
  const feed = bytes.lastIndexOf(lineFeed);
  const lone = bytes.subarray(feed + 1, -1).lastIndexOf(carriageReturn);
  return lone === -1 ? feed + 1 : feed + 1 + lone + 1;
}

/** Where running text can be cut: behind a line, else in front of a word (tokens hold the blank in front), else between characters. */
export function endOfText(bytes: Uint8Array): number {
  const feed = bytes.lastIndexOf(lineFeed);
  if (feed !== -1) return feed + 1;
  const gap = bytes.lastIndexOf(blank);
  if (gap > 0) return gap;
  let at = bytes.length - 1;
  // The bytes of a character that follow its first are 10xxxxxx.
  while (at > 0 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
  return at;
}

/** Where the last row of a CSV ends that is complete. */
export function endOfRows(options: RowOptions): FindEnd {
  const scan = rowScanner(options, (text) => Array.from(new TextEncoder().encode(text)));
  return (bytes) => {
    if (!bytes.includes(quote)) return endOfLines(bytes);
    return scan({ length: bytes.length, at: (i) => bytes[i], find: (code, from) => bytes.indexOf(code, from) });
  };
}
