/** What a file is where it is not what was asked for: a page of a web site instead of the data, an archive, another format. */

const signatures: readonly (readonly [kind: string, bytes: readonly number[]])[] = [
  ['a gzip archive', [0x1f, 0x8b]],
  ['a zip archive (Excel workbooks are such, too)', [0x50, 0x4b, 0x03, 0x04]],
  ['a Parquet file', [0x50, 0x41, 0x52, 0x31]],
  ['a PDF file', [0x25, 0x50, 0x44, 0x46]],
  ['a PNG image', [0x89, 0x50, 0x4e, 0x47]],
  ['a bzip2 archive', [0x42, 0x5a, 0x68]],
  ['an xz archive', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['UTF-16 text', [0xff, 0xfe]],
  ['UTF-16 text', [0xfe, 0xff]],
];

export const pageKind = 'an HTML page';
const markupKind = 'an XML file';
/** What stands in a repository for a file that Git LFS holds elsewhere. */
const pointerKind = 'a Git LFS pointer';

/** `an HTML page`, `a gzip archive`, …; undefined where nothing is known. */
export function kindOf(bytes: Uint8Array): string | undefined {
  const found = signatures.find(([, signature]) => signature.every((byte, i) => bytes[i] === byte));
  if (found !== undefined) return found[0];
  const start = new TextDecoder().decode(bytes.subarray(0, 512)).trimStart();
  if (/^(?:<!--[^]*?-->\s*)*<(?:!doctype html|html|head|body|title|h[1-6]|p|pre|div|center)\b/i.test(start))
    return pageKind;
  if (/^<\?xml\b/i.test(start)) return markupKind;
  if (start.startsWith('version https://git-lfs.')) return pointerKind;
  return undefined;
}

/** What to do where a page came instead of a file. */
export const pageHint =
  'The address shows a page: about the file, or an error in its place. Use the address of the file itself (on GitHub: Raw), or download it.';

/** What to do about a file of that kind; nothing where that is plain. */
export function hintOf(kind: string): { readonly hint?: string } {
  if (kind === pageKind) return { hint: pageHint };
  if (kind === pointerKind) return { hint: 'Get the file itself: git lfs pull, or the address of its download.' };
  return kind === markupKind ? {} : { hint: 'Unpack or convert it first.' };
}
