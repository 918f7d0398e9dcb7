import { HebbError } from '@hebb/tensor';

/** A file that is not what `torch.save` writes, that names what may not be built, or that cannot be read. */
export class PyTorchFileError extends HebbError {
  static override readonly name: string = 'PyTorchFileError';
}

/** The error for a file that is wrong; `what` is a clause without a full stop. */
export type Fail = (what: string, hint?: string) => PyTorchFileError;

/** A name out of a file, for a message: short, on one line. */
export function quoted(name: unknown): string {
  const text = typeof name === 'string' ? name : String(name);
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text).replace(/^"|"$/g, "'");
}
