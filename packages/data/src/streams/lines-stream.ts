/** Text files line by line. */
import { checkOptions, requireString, type OptionNames } from '@hebb/tensor/arguments';
import type { Source } from '../files.ts';
import { ByteSource } from './bytes.ts';
import { ChunkReader, endOfLines } from './chunks.ts';
import { end, partsOf, requireCount, type Reader, type Step } from './reader.ts';
import { stream, type Stream } from './stream.ts';

export interface LinesStreamOptions {
  /** A label of the Encoding standard. Default `'utf-8'`; others are read from their start to come to a cursor. */
  encoding?: string;
}

const linesOptions: OptionNames<LinesStreamOptions> = { encoding: requireString };

/**
 * The lines of a text, without their ends (LF, CRLF or CR): of a path (Node), an http(s) URL, a `Blob`/`File`, or bytes, gzipped or not. A cursor holds the byte to
 * go on at.
 *
 * ```ts
 * import { linesStream } from '@hebb/data';
 *
 * const poem = new TextEncoder().encode('Tyger Tyger,\nburning bright\n');
 * await linesStream(poem).map((line) => line.length).toArray(); // [12, 14]
 * ```
 *
 * While it is read it throws DataError: where it cannot be read, and for text that is not in the encoding, with the line.
 */
export function linesStream(source: Source, options: LinesStreamOptions = {}): Stream<string> {
  checkOptions('linesStream', options, linesOptions);
  const bytes = new ByteSource('linesStream', source, options.encoding);
  return stream({
    type: 'linesStream',
    open: (_, position) => {
      if (position === undefined) return linesReader(bytes, 0, 1, 0);
      const { byte, line, row } = partsOf('linesStream', position, ['byte', 'line', 'row']);
      const [start, first, skip] = [byte, line, row].map((part) => requireCount('linesStream', part));
      return linesReader(bytes, start ?? 0, first ?? 1, skip ?? 0);
    },
  });
}

function linesReader(bytes: ByteSource, start: number, first: number, skip: number): Reader<string> {
  const chunks = new ChunkReader('linesStream', bytes, start, endOfLines);
  let lines: readonly string[] = [];
  let byte = start;
  let line = first;
  let row = skip;
  let isEnded = false;
  const load = async (): Promise<void> => {
    // The first chunk is the one that the position lies in; every other begins with its first line.
    const isFirst = lines.length === 0;
    const chunk = await chunks.next(isFirst ? line : line + lines.length);
    if (chunk === undefined) {
      isEnded = true;
      return;
    }
    lines = linesOf(chunk.text);
    byte = chunk.start;
    ({ line } = chunk);
    if (!isFirst) row = 0;
  };
  const next = (): Step<string> | Promise<Step<string>> => {
    if (isEnded) return end;
    const found = lines[row];
    if (found === undefined) return load().then(next);
    row++;
    return found;
  };
  return {
    next,
    position: () => ({ byte, line, row }),
    place: () => `${bytes.name}, line ${line + row - 1}`,
    close: () => chunks.close(),
  };
}

/** Lines without their ends; behind the last end there is none. */
export function linesOf(text: string): string[] {
  const lines = text.includes('\r') ? text.split(/\r\n|\n|\r/) : text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
