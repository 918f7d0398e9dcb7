/** States in files. */
export {
  decodeSafetensors,
  decodeSafetensorsArrays,
  encodeSafetensors,
  encodeSafetensorsArrays,
  SafetensorsError,
  type SafetensorsArray,
  type SafetensorsArrays,
  type SafetensorsContent,
  type SafetensorsDType,
} from './safetensors/format.ts';
export {
  readSafetensors,
  readSafetensorsArrays,
  readSafetensorsMetadata,
  writeSafetensors,
} from './safetensors/file.ts';
export {
  readShardedSafetensors,
  writeShardedSafetensors,
  type ReadShardedSafetensorsOptions,
  type WriteShardedSafetensorsOptions,
} from './safetensors/shards.ts';
export { readPyTorch, readPyTorchObject, type ReadPyTorchOptions } from './pytorch/read.ts';
export type { PyTorchValue } from './pytorch/build.ts';
export { PyTorchFileError } from './pytorch/error.ts';
export type { FileSource } from './source.ts';
