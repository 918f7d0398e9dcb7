/** What models that read one text and write another share: the likeliest token of each step, for many sources at once. */
import { requireEvaluating } from '@hebb/layers/internal';
import { tensor, type Tensor } from '@hebb/tensor';
import { requireInteger, requireOptions, type OptionNames } from '@hebb/tensor/arguments';

export interface TranslateOptions {
  /** The token that targets begin with. */
  begin: number;
  /** The token that ends them, which is not given. */
  end: number;
  /** How many tokens at most. */
  maxTokens: number;
}

const names: OptionNames<TranslateOptions> = { begin: true, end: true, maxTokens: true };

/** Throws `ArgumentError` for tokens that there are not, and while the model is training. */
export function requireTranslation(
  where: string,
  model: { readonly training: boolean },
  options: TranslateOptions,
  vocabulary: number,
): void {
  requireOptions(where, options, names);
  requireEvaluating(where, model);
  requireInteger(where, 'begin', options.begin, 0, vocabulary - 1);
  requireInteger(where, 'end', options.end, 0, vocabulary - 1);
  requireInteger(where, 'maxTokens', options.maxTokens, 0);
}

/** @param step - the likeliest next token of each text behind int32[batch, 1], its last one: int32[batch, 1]. */
export async function writeLikeliest(
  batch: number,
  { begin, end, maxTokens }: TranslateOptions,
  step: (last: Tensor) => Tensor,
): Promise<number[][]> {
  const texts = Array.from({ length: batch }, (): number[] => []);
  const isWriting = texts.map(() => true);
  let token = tensor(new Int32Array(batch).fill(begin), { shape: [batch, 1], dtype: 'int32' });
  for (let count = 0; count < maxTokens && isWriting.includes(true); count++) {
    token = step(token);
    const written = await token.data();
    texts.forEach((text, i) => {
      isWriting[i] = (isWriting[i] ?? false) && Number(written[i]) !== end;
      if (isWriting[i]) text.push(Number(written[i]));
    });
  }
  return texts;
}
