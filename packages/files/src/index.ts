export { FileError } from './errors.ts';
export type { FileAction } from './errors.ts';
export { hasFiles } from './node.ts';
export type { FileOptions } from './node.ts';
export { listFolder, openFile, readFile } from './read.ts';
export type { OpenFile } from './read.ts';
export { requireWritableFolder, writeFile } from './write.ts';
export type { FileData, WriteOptions } from './write.ts';
