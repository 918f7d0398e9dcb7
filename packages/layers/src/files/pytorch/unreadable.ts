/** What a pickle describes and nothing here can hold: a class, a function, and what either would make. */
import { quoted, type Fail } from './error.ts';

/** Stands in the place of such a value. It has no parts and does nothing, and is an error only where the value that holds it is asked for. */
export class Unreadable {
  /** What it is, for a message: 'the argparse.Namespace'. */
  readonly kind: string;
  /** The name that stands in the file. */
  readonly name: string;
  readonly #what: string;
  readonly #hint: string;

  constructor(kind: string, what: string, hint: string, name = '') {
    this.kind = kind;
    this.name = name;
    this.#what = what;
    this.#hint = hint;
  }

  /** The error where the value at `path` is asked for; the path is empty for the whole. */
  error(path: string, fail: Fail): Error {
    return path === ''
      ? fail(this.#what, this.#hint)
      : fail(`${quoted(path)} cannot be read: ${this.#what}`, `${this.#hint} What is beside it is read with { key }.`);
  }
}

/** By the beginning or the end of a name: what to do about it. */
const hints: readonly (readonly [RegExp, string])[] = [
  [/^torch\.(?:cuda\.)?Complex(?:Float|Double)Storage$/, 'No dtype here holds complex numbers: save torch.view_as_real(x).'], // prettier-ignore
  [/^torch\.(?:cuda\.)?Q\w+Storage$|_rebuild_qtensor$/, 'Quantised tensors are not read: save x.dequantize().'],
  [/^torch\.(?:float8|complex|bits|q)/, 'Save it in a dtype that is read: x.float().'],
  [/_rebuild_sparse/, 'Sparse tensors are not read: save x.to_dense().'],
  [/^numpy\./, 'Arrays of NumPy are objects to Python: save torch.from_numpy(x).'],
  [/\.(?:nn|models?|modules?)\./, 'It holds a whole module: save model.state_dict().'],
];

/** What stands for a name that is not known, and for whatever a call of it would make. */
export function unknownName(name: string): Unreadable {
  const short = name.slice(0, longestName);
  const [, hint] = hints.find(([pattern]) => pattern.test(short)) ?? [];
  return new Unreadable(
    `the ${short}`,
    `it names ${quoted(short)}, which is not for tensors and plain data. Nothing of it was run`,
    hint ??
      'Save tensors, dicts, lists, texts and numbers alone; do not load the file with Python unless you trust it.',
    short,
  );
}

const longestName = 200;

/** What a call of an unreadable value gives: that value itself, and of `getattr(class, 'method')` one with a name that says more. */
export function calledUnreadable(callable: Unreadable, args: readonly unknown[]): Unreadable {
  const [owner, attribute] = args;
  const isMember = /^(?:__builtin__|builtins)\.getattr$/.test(callable.name) && args.length === 2;
  return isMember && owner instanceof Unreadable && owner.name !== '' && typeof attribute === 'string'
    ? unknownName(`${owner.name}.${attribute.slice(0, longestName)}`)
    : callable;
}
