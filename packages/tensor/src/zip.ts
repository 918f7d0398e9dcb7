/** `@hebb/tensor/zip`: the one reader of ZIP archives, for `.npz` here and PyTorch's files in `@hebb/layers`. */
export { bytesSource, readZipDirectory, readZipEntry } from './zip/read.ts';
export type { ZipEntry, ZipOptions, ZipSource } from './zip/read.ts';
