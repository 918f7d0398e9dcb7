/** Which quotes of a CSV begin and end fields, as the parser sees it: line ends and blanks between these are data. */
import type { RowOptions } from './rows.ts';

export const lineFeed = 0x0a;
export const carriageReturn = 0x0d;
export const quote = 0x22;
export const blank = 0x20;
export const tab = 0x09;

/** Text as code units, or bytes of it: what is looked for here is ASCII, which no other character's bytes hold. */
export interface Codes {
  readonly length: number;
  at(index: number): number | undefined;
  /** The first place from `from` on; -1 where there is none. */
  find(code: number, from: number): number;
}

/** Finds where the last complete row ends (0 where none does), and tells of every quoted field that ends: its first place and the one behind it. */
export type RowScanner = (codes: Codes, onQuoted?: (start: number, end: number) => void) => number;

/**
 * A field is quoted where a quote begins it. It ends at a quote that is not doubled and stands in front of a delimiter or a line end, blanks between them
 * allowed; any other quote is data.
 */
export function rowScanner(
  { delimiter = ',', comments }: RowOptions,
  encode: (text: string) => readonly number[],
): RowScanner {
  const areBlanks = delimiter === 'whitespace';
  const separator = encode(delimiter);
  const remark = comments === undefined ? undefined : encode(comments);
  return (codes, onQuoted) => {
    const isBlank = (at: number): boolean => codes.at(at) === blank || codes.at(at) === tab;
    const isAt = (word: readonly number[], at: number): boolean => word.every((code, i) => codes.at(at + i) === code);
    const separatorAt = (at: number): number => {
      if (areBlanks) return isBlank(at) ? 1 : 0;
      return isAt(separator, at) ? separator.length : 0;
    };
    /** Behind the line end at a place: 0 where there is none, -1 where the half of one may be missing. */
    const lineEndAt = (at: number): number => {
      if (codes.at(at) === lineFeed) return at + 1;
      if (codes.at(at) !== carriageReturn) return 0;
      return at + 1 === codes.length ? -1 : codes.at(at + 1) === lineFeed ? at + 2 : at + 1;
    };
    /** Behind the quoted field that begins at a place; -1 where it does not end. */
    const endOfField = (at: number): number => {
      let closing = codes.find(quote, at + 1);
      for (; closing !== -1; closing = codes.find(quote, closing)) {
        if (codes.at(closing + 1) === quote) {
          closing += 2;
          continue;
        }
        let after = ++closing;
        if (separatorAt(closing) > 0) return closing;
        while (isBlank(after)) after++;
        if (after === codes.length) return -1;
        if (lineEndAt(after) !== 0 || separatorAt(after) > 0) return after;
      }
      return -1;
    };
    let end = 0;
    let isRowStart = true;
    let isFieldStart = true;
    for (let at = 0; at < codes.length;) {
      if (isRowStart && remark !== undefined && isAt(remark, at)) {
        while (at < codes.length && lineEndAt(at) === 0) at++;
      } else if (isFieldStart && codes.at(at) === quote) {
        const start = at;
        at = endOfField(at);
        if (at === -1) {
          onQuoted?.(start, codes.length);
          return end;
        }
        onQuoted?.(start, at);
        isFieldStart = isRowStart = false;
      }
      const next = lineEndAt(at);
      if (next === -1) return end;
      if (next > 0) {
        at = end = next;
        isFieldStart = isRowStart = true;
        continue;
      }
      const length = separatorAt(at);
      // Blanks in front of a row are nothing where blanks separate.
      isRowStart &&= areBlanks && length > 0;
      isFieldStart = length > 0;
      at += length || 1;
    }
    return end;
  };
}
