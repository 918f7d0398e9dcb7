export { CharacterTokenizer } from './character.ts';
export type { CharacterTokenizerOptions, DecodeOptions, EncodeOptions } from './character.ts';
export type { TokenizerJSON } from './tokenizer-json.ts';
export { TokenizerError } from './errors.ts';
