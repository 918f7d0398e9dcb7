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
