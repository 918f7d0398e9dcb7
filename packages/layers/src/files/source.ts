/** Where the bytes of a file come from: a path, or what a page has. */
import { openFile, type FileOptions } from '@hebb/files';
import { bytesSource, type ZipSource } from '@hebb/tensor/zip';

/** A path or `file:` URL, where there are files, or the bytes; of a Blob (a File of an `<input>`, say) only what is needed is read. */
export type FileSource = string | URL | Uint8Array | ArrayBuffer | Blob;

/** Bytes of which ranges can be read. */
export type ByteSource = ZipSource;

/** Calls `use` with the bytes, and closes the file then. Throws FileError where there is no such file. */
export async function withSource<T>(
  source: FileSource,
  use: (bytes: ByteSource) => Promise<T>,
  options: FileOptions,
): Promise<T> {
  // A Buffer of Node is a Uint8Array whose `slice` copies nothing.
  if (source instanceof Uint8Array)
    return use(bytesSource(new Uint8Array(source.buffer, source.byteOffset, source.byteLength)));
  if (source instanceof ArrayBuffer) return use(bytesSource(new Uint8Array(source)));
  if (source instanceof Blob) {
    const read = async (position: number, length: number): Promise<Uint8Array> =>
      new Uint8Array(await source.slice(position, position + length).arrayBuffer());
    return use({ size: source.size, read });
  }
  return openFile(source, use, options);
}
