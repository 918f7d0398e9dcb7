export { crc32 } from './checksum.ts';
export { FileError } from './errors.ts';
export type { FileAction } from './errors.ts';
export { hasFiles } from './options.ts';
export type { FileOptions } from './options.ts';
export { isSameFile, listFolder, openFile, readFile, readPieces, readRanges } from './read.ts';
export type { FileRange, OpenFile, ReadPiecesOptions } from './read.ts';
export { linkFile, removeFile, removeTemporaries, requireWritableFolder, writeFile } from './write.ts';
export type { FileData, WriteOptions } from './write.ts';
