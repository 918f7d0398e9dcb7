export { CharacterTokenizer } from './character.ts';
export type { CharacterTokenizerOptions, DecodeOptions, EncodeOptions, TokenizerJSON } from './character.ts';
export { TokenizerError } from './errors.ts';
