/** The few control sequences of ECMA-48 that a line rewritten in place needs. */

export interface Colors {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly cyan: (text: string) => string;
}

export const plain: Colors = { bold: String, dim: String, cyan: String };

const select =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001B[${on}m${text}\u001B[${off}m`;
const coloured: Colors = { bold: select(1, 22), dim: select(2, 22), cyan: select(36, 39) };

/** Colours for a terminal, unless the environment asks for none (https://no-color.org). */
export function colorsFor(environment: Readonly<Record<string, string | undefined>>): Colors {
  const refused = environment['NO_COLOR'];
  return refused === undefined || refused === '' ? coloured : plain;
}

/** One line of a terminal that is written over and over. */
export class TerminalLine {
  readonly #stream: { write(text: string): unknown };

  constructor(stream: { write(text: string): unknown }) {
    this.#stream = stream;
  }

  /** `text` is no wider than the terminal. */
  show(text: string): void {
    this.#stream.write(`\r${text}\u001B[K`);
  }

  /** Leaves `text` in the line's place and goes to the next one, or leaves nothing. */
  end(text?: string): void {
    this.#stream.write(text === undefined ? '\r\u001B[K' : `\r${text}\u001B[K\n`);
  }
}
