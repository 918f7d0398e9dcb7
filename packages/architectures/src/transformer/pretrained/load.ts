/** Takes over the tensors of published files, whose names are not always those of the classes, and which hold more than weights. */
import type { AnyModule, StateDict } from '@hebb/layers';
import { ArgumentError, type Tensor } from '@hebb/tensor';

/** What is in a file although it can be computed: it must be what the network computes. */
export interface PublishedBuffer {
  /** Of its name, as {@link PublishedNames.rename} gives it. */
  readonly name: RegExp;
  /** In words, for errors. */
  readonly what: string;
  /** Whether it is what the network does. Masks have a million numbers, and there is one a layer. */
  fits(values: ArrayLike<number>, shape: readonly number[]): boolean;
}

export interface PublishedNames {
  /** The name here of what has `name` in the file. */
  readonly rename: (name: string) => string;
  readonly buffers: readonly PublishedBuffer[];
  /** Names, as they are here, of other heads, which are left alone. */
  readonly unused?: RegExp;
  /** Names of what the file need not have: it stays as it began. */
  readonly fresh?: RegExp;
}

/** As many as are worth reading. */
const most = 20;

/**
 * Fills a module with the tensors of published files. Nothing is left to chance: every name of the file must be that of a parameter, of a buffer whose values are as expected, or of a head that is not used, and every parameter must be there.
 *
 * Throws `ArgumentError` that lists what does not fit, `ShapeError` for other shapes.
 */
export async function loadPublished<M extends AnyModule>(
  where: string,
  model: M,
  state: StateDict,
  { rename, buffers, unused, fresh }: PublishedNames,
): Promise<M> {
  const own = model.stateDict({ everyName: true });
  const given = new Map<string, Tensor>();
  const reasons: string[] = [];
  for (const [name, value] of state) {
    const target = rename(name);
    const buffer = buffers.find((each) => each.name.test(target));
    if (buffer !== undefined) {
      if (!buffer.fits(await value.data(), value.shape)) reasons.push(`${name} is not ${buffer.what}: ${value}`);
    } else if (own.has(target)) {
      if (!value.dtype.startsWith('float'))
        reasons.push(`${name} is ${value}: no weights, or those of a quantised model`);
      else if (given.has(target)) reasons.push(`${name} is there twice, with its prefix and without`);
      given.set(target, value);
    } else if (unused?.test(target) !== true) reasons.push(`${name} is nothing that there is here`);
  }
  const tied = new Map<Tensor, string>();
  for (const [name, tensor] of own) {
    const value = given.get(name);
    const first = tied.get(tensor);
    if (value === undefined) continue;
    if (first === undefined) tied.set(tensor, name);
    else if (!(await areEqual(value, given.get(first) ?? value)))
      reasons.push(`${name} is another than ${first}, and here they are one`);
  }
  for (const [name, tensor] of model.stateDict())
    if (!tied.has(tensor) && fresh?.test(name) !== true) reasons.push(`${name} is missing`);
  if (reasons.length > 0)
    throw new ArgumentError(
      `[${where}] the tensors of the file are not those of ${model.describe()}.${reasons.slice(0, most).map((reason) => `\n  ${reason}`).join('')}`,
      reasons.length > most ? { hint: `And ${reasons.length - most} more.` } : {},
    ); // prettier-ignore
  model.loadStateDict(given, { strict: false });
  return model;
}

async function areEqual(a: Tensor, b: Tensor): Promise<boolean> {
  if (a.shape.join() !== b.shape.join()) return false;
  const [one, other] = [await a.data(), await b.data()];
  for (let i = 0; i < one.length; i++) if (!Object.is(one[i], other[i])) return false;
  return true;
}

/** Whether all numbers are what `expected` says of their places. */
export function areAll(values: ArrayLike<number>, expected: (i: number) => number): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== expected(i)) return false;
  return true;
}
