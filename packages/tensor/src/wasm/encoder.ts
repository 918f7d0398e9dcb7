/**
 * The WebAssembly binary format: bytes, LEB128 numbers, sections (WebAssembly Core Specification 2.0, section 5). Knows nothing of
 * kernels; the renderer writes function bodies through it.
 */
import { typeCode, type WasmType } from './opcodes.ts';

export class ByteWriter {
  #bytes: Uint8Array;
  length = 0;

  /** @param room - bytes that it has room for at first */
  constructor(room = 1024) {
    this.#bytes = new Uint8Array(room);
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + count));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }

  byte(value: number): void {
    if (this.length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  bytes(values: Uint8Array): void {
    this.#reserve(values.length);
    this.#bytes.set(values, this.length);
    this.length += values.length;
  }

  /** Unsigned LEB128, up to 32 bits. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit integer. */
  signed(value: number): void {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  name(text: string): void {
    const encoded = new TextEncoder().encode(text);
    this.unsigned(encoded.length);
    this.bytes(encoded);
  }

  result(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length);
  }
}

/** `locals` follow the parameters; `body` excludes the final `end`. */
export interface EncodedFunction {
  readonly parameters: readonly WasmType[];
  readonly result: WasmType | undefined;
  readonly locals: readonly WasmType[];
  readonly body: Uint8Array;
}

function section(out: ByteWriter, id: number, write: (content: ByteWriter) => void): void {
  const content = new ByteWriter();
  write(content);
  out.byte(id);
  out.unsigned(content.length);
  out.bytes(content.result());
}

/** The types of functions, in order of their first use, and the position of each function's type among them. */
export class Signatures {
  readonly list: { readonly parameters: readonly WasmType[]; readonly result: WasmType | undefined }[] = [];
  readonly #positions = new Map<string, number>();

  position(parameters: readonly WasmType[], result: WasmType | undefined): number {
    const key = `${parameters.join()}:${result ?? ''}`;
    let known = this.#positions.get(key);
    if (known === undefined) {
      known = this.list.push({ parameters, result }) - 1;
      this.#positions.set(key, known);
    }
    return known;
  }
}

/** What a module imports beside plain memory. */
export interface Imports {
  /** Memory that several threads share: how large it may become. */
  readonly sharedPages?: number | undefined;
  /** Whether there is a table of functions, `env.table`. */
  readonly hasTable?: boolean;
}

/** A module that imports memory `env.memory` and exports the functions named in `exported`. */
export function encodeModule(
  functions: readonly EncodedFunction[],
  exported: ReadonlyMap<string, number>,
  signatures: Signatures = new Signatures(),
  { sharedPages, hasTable = false }: Imports = {},
): Uint8Array<ArrayBuffer> {
  const signatureOf = functions.map(({ parameters, result }) => signatures.position(parameters, result));
  const out = new ByteWriter();
  out.bytes(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  section(out, 1, (content) => {
    content.unsigned(signatures.list.length);
    for (const { parameters, result } of signatures.list) {
      content.byte(0x60);
      content.unsigned(parameters.length);
      for (const parameter of parameters) content.byte(typeCode[parameter]);
      content.unsigned(result === undefined ? 0 : 1);
      if (result !== undefined) content.byte(typeCode[result]);
    }
  });
  section(out, 2, (content) => {
    content.unsigned(hasTable ? 2 : 1);
    content.name('env');
    content.name('memory');
    content.byte(0x02);
    content.byte(sharedPages === undefined ? 0x00 : 0x03);
    content.unsigned(0);
    if (sharedPages !== undefined) content.unsigned(sharedPages);
    if (!hasTable) return;
    content.name('env');
    content.name('table');
    // Of functions, of any length.
    content.bytes(Uint8Array.of(0x01, 0x70, 0x00, 0x00));
  });
  section(out, 3, (content) => {
    content.unsigned(signatureOf.length);
    for (const signature of signatureOf) content.unsigned(signature);
  });
  section(out, 7, (content) => {
    content.unsigned(exported.size);
    for (const [name, position] of exported) {
      content.name(name);
      content.byte(0x00);
      content.unsigned(position);
    }
  });
  section(out, 10, (content) => {
    content.unsigned(functions.length);
    for (const { locals, body } of functions) {
      const code = new ByteWriter();
      const groups: { type: WasmType; count: number }[] = [];
      for (const type of locals) {
        const last = groups.at(-1);
        if (last?.type === type) last.count++;
        else groups.push({ type, count: 1 });
      }
      code.unsigned(groups.length);
      for (const { type, count } of groups) {
        code.unsigned(count);
        code.byte(typeCode[type]);
      }
      code.bytes(body);
      code.byte(0x0b);
      content.unsigned(code.length);
      content.bytes(code.result());
    }
  });
  return out.result();
}
