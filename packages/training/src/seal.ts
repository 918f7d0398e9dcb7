/** Files that show whether they are whole: a checksum in the metadata, of everything else in the file. */
import { crc32 } from '@hebb/files';
import { encodeSafetensorsArrays, SafetensorsError, type SafetensorsArray, type SafetensorsArrays } from '@hebb/layers';

type Metadata = Readonly<Record<string, string>>;

/** In the metadata: the checksum of the arrays, then that of the other metadata and the first, so that metadata can be trusted alone. */
const sealName = 'hebb.checksum';

/** The pieces of a safetensors file with a checksum. What is summed is the content, not the layout of the file: names, types, shapes and elements. */
export function sealedPieces(arrays: ReadonlyMap<string, SafetensorsArray>, metadata: Metadata = {}): Uint8Array[] {
  const sum = sumOfArrays(arrays);
  return encodeSafetensorsArrays(arrays, { ...metadata, [sealName]: `${sum} ${sumOfMetadata(metadata, sum)}` });
}

/** Throws SafetensorsError where a file is not as {@link sealedPieces} made it. */
export function requireWhole({ arrays, metadata }: SafetensorsArrays): void {
  if (requireWholeMetadata(metadata) !== sumOfArrays(arrays)) throw damaged('its arrays do');
}

/** Whether there is a checksum in the metadata. */
export function isSealed(metadata: Metadata): boolean {
  return sealName in metadata;
}

/** As {@link requireWhole}, for metadata that have been read without the rest; returns the sum that the arrays must have. */
export function requireWholeMetadata(metadata: Metadata): string {
  const { [sealName]: seal = '', ...others } = metadata;
  const [sum = '', own] = seal.split(' ');
  if (own !== sumOfMetadata(others, sum)) throw damaged('what it says of itself does');
  return sum;
}

function damaged(what: string): SafetensorsError {
  return new SafetensorsError(`[checksum] the file is damaged: ${what} not fit its checksum.`, {
    hint: 'It has changed since it was saved, on the disk or on the way. Go on from another save.',
  });
}

function sumOfMetadata(metadata: Metadata, sumOfArrays: string): string {
  const sorted = Object.entries(metadata).sort(byName);
  return hexadecimal(crc32(new TextEncoder().encode(JSON.stringify([sumOfArrays, sorted]))));
}

function sumOfArrays(arrays: ReadonlyMap<string, SafetensorsArray>): string {
  let sum = 0;
  for (const [name, { dtype, shape, bytes }] of [...arrays].sort(byName)) {
    sum = crc32(new TextEncoder().encode(JSON.stringify([name, dtype, shape])), sum);
    sum = crc32(bytes, sum);
  }
  return hexadecimal(sum);
}

function hexadecimal(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
