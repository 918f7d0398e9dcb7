/** What all tokenizers take. */
import type { OptionNames } from './options.ts';

export interface EncodeOptions {
  /**
   * Whether special tokens written out in the text become their ids (default `true`). Give `false` for text that is
   * not yours: then `<eos>` typed by a user is five ordinary characters.
   */
  parseSpecialTokens?: boolean;
}

export interface DecodeOptions {
  /** Leave special tokens (the unknown token too) out of the text. Default `false`. */
  skipSpecialTokens?: boolean;
}

export const encodeOptions: OptionNames<EncodeOptions> = { parseSpecialTokens: true };
export const decodeOptions: OptionNames<DecodeOptions> = { skipSpecialTokens: true };
