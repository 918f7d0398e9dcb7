/** The one error class of this package, which knows no tensors and therefore not Hebb's other errors. */

/**
 * Text, ids or a tokenizer file that cannot be used. The message says what was given, what was expected, where, and
 * (after `hint:`) what to do.
 */
export class TokenizerError extends Error {
  readonly hint: string | undefined;

  constructor(summary: string, details: { hint?: string; cause?: unknown } = {}) {
    const message = details.hint === undefined ? summary : `${summary}\n  hint: ${details.hint}`;
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TokenizerError';
    this.hint = details.hint;
    // For programs; the message has said them, and Node would print them again.
    for (const name of Object.keys(this)) Object.defineProperty(this, name, { enumerable: false });
  }
}
