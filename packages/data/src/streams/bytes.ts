/** The bytes of a source from a place on, piece by piece: files, addresses, blobs; unpacked where they are gzipped, UTF-8 whatever they were. */
import { hasFiles, readPieces } from '@hebb/files';
import { DataError, messageOf } from '../errors.ts';
import { decoderOf, isAddress, nameOf, refusePage, requireOk, undecodable, unreadable, type Source } from '../files.ts';

/** Bytes that are read at a time. */
export const pieceBytes: number = 2 ** 18;

type Pieces = AsyncGenerator<Uint8Array, void, undefined>;

export class ByteSource {
  readonly name: string;
  readonly #where: string;
  readonly #source: Source;
  readonly #encoding: string;
  #isPacked: boolean | undefined;

  /** @throws DataError for what is no source, and for an encoding that there is not */
  constructor(where: string, source: Source, encoding = 'utf-8') {
    this.name = nameOf(where, source);
    this.#where = where;
    this.#source = source;
    this.#encoding = decoderOf(where, encoding, this.name).encoding;
  }

  /**
   * From byte `from` of the UTF-8 text on. What is packed, or in another encoding, is read from its start and passed over up to there.
   *
   * @throws DataError where it cannot be read
   */
  async *pieces(from: number): Pieces {
    this.#isPacked ??= await this.#findPacked();
    if (!this.#isPacked && this.#encoding === 'utf-8') {
      yield* this.#raw(from);
      return;
    }
    const unpacked = this.#isPacked ? this.#unpack(this.#raw(0)) : this.#raw(0);
    const text = this.#encoding === 'utf-8' ? unpacked : this.#transcode(unpacked);
    let at = 0;
    for await (const piece of text) {
      at += piece.length;
      if (at > from) yield piece.subarray(Math.max(0, piece.length - (at - from)));
    }
  }

  async #findPacked(): Promise<boolean> {
    for await (const piece of this.#raw(0)) return piece[0] === 0x1f && piece[1] === 0x8b;
    return false;
  }

  async *#raw(from: number): Pieces {
    try {
      if (this.#source instanceof Uint8Array) {
        for (let at = from; at < this.#source.length; at += pieceBytes)
          yield this.#source.subarray(at, at + pieceBytes);
      } else if (typeof this.#source === 'object' && !(this.#source instanceof URL)) {
        for (let at = from; at < this.#source.size; at += pieceBytes)
          yield new Uint8Array(await this.#source.slice(at, at + pieceBytes).arrayBuffer());
      } else if (!isAddress(this.name) && hasFiles()) {
        yield* readPieces(this.#source, { from, pieceBytes });
      } else yield* this.#fetch(this.#source, from);
    } catch (cause) {
      throw unreadable(this.#where, this.name, cause);
    }
  }

  async *#fetch(address: string | URL, from: number): Pieces {
    const controller = new AbortController();
    const headers = from === 0 ? {} : { range: `bytes=${from}-` };
    const response = await fetch(address, { headers, signal: controller.signal });
    try {
      // Nothing lies behind the end.
      if (from > 0 && response.status === 416) return;
      requireOk(response, isAddress(this.name));
      // A server that knows no ranges sends everything.
      let at = response.status === 206 ? from : 0;
      const reader = response.body?.getReader();
      for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
        if (at === 0) refusePage(this.#where, this.name, piece.value);
        at += piece.value.length;
        if (at > from) yield piece.value.subarray(Math.max(0, piece.value.length - (at - from)));
      }
    } finally {
      controller.abort();
    }
  }

  async *#unpack(packed: Pieces): Pieces {
    const stream = new ReadableStream<BufferSource>({
      async pull(controller) {
        const { done, value } = await packed.next();
        if (done === true) controller.close();
        else controller.enqueue(value as Uint8Array<ArrayBuffer>);
      },
    });
    const reader = stream.pipeThrough(new DecompressionStream('gzip')).getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        yield value;
      }
    } catch (cause) {
      if (cause instanceof DataError) throw cause;
      throw new DataError(
        `[${this.#where}] ${this.name}: its gzip data is damaged or cut short (${messageOf(cause)}).`,
        { source: this.name, hint: 'Get the file again.', cause },
      );
    } finally {
      await reader.cancel().catch(() => undefined);
      await packed.return();
    }
  }

  async *#transcode(pieces: Pieces): Pieces {
    const decoder = decoderOf(this.#where, this.#encoding, this.name);
    const encoder = new TextEncoder();
    const decode = (bytes: Uint8Array, stream: boolean): Uint8Array => {
      try {
        return encoder.encode(decoder.decode(bytes, { stream }));
      } catch (cause) {
        throw undecodable(this.#where, { bytes, encoding: this.#encoding, name: this.name, cause });
      }
    };
    for await (const piece of pieces) yield decode(piece, true);
    yield decode(new Uint8Array(0), false);
  }
}
