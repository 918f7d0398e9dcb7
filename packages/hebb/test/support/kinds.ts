/**
 * Kinds of arguments: for each a right value, and which of the wrong values it takes all the same. `violations` puts every wrong value in
 * every place of a call and lists where something else happens than a typed error.
 */
import { join } from 'node:path';
import { HebbError, Tensor, tensor, TokenizerError } from '../../src/index.ts';
import { folder } from './folder.ts';

/** What somebody may pass by mistake, made anew for each call. */
const wrongValues = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  '3': () => 3,
  '-1': () => -1,
  '1.5': () => 1.5,
  NaN: () => NaN,
  Infinity: () => Infinity,
  bigint: () => 3n,
  symbol: () => Symbol('wrong'),
  text: () => join(folder, 'wrong.txt'),
  object: () => ({}),
  'other object': () => ({ wrong: 1 }),
  array: () => [],
  numbers: () => [1, 2],
  'nested arrays': () => [[1, 2]],
  texts: () => ['wrong'],
  'typed array': () => Float32Array.of(1, 2),
  map: () => new Map<string, number>(),
  function: () => () => 3,
  promise: () => Promise.resolve(3),
  tensor: () => tensor([1, 2]),
};
export type Wrong = keyof typeof wrongValues;

/** Numbers that are finite, and more than anything can be counted to: taken, or refused by a typed error, but soon. */
const hugeNumbers: readonly number[] = [4e9, 2 ** 53];

export interface Kind {
  /** A right value, made anew for each call. */
  readonly right: () => unknown;
  /** Wrong values that may be right here. */
  readonly takes: readonly Wrong[];
  /** Of options: the kind of each. */
  readonly options?: Readonly<Record<string, Kind>>;
  /** A count of work to be done, which no number makes wrong: more of it takes longer. */
  readonly isWork?: true;
  /** Of options: what comes of none is a network of a paper's size, and not made here. */
  readonly isLarge?: true;
}

const kind = (right: () => unknown, ...takes: Wrong[]): Kind => ({ right, takes });

export const aTensor = (make: () => unknown = () => tensor([1, 2])): Kind => kind(make, 'tensor');
export const anOperand = (make: () => unknown = () => tensor([1, 2])): Kind =>
  kind(make, 'tensor', '3', '-1', '1.5', 'NaN', 'Infinity');
export const anInteger = (value: number): Kind => kind(() => value, '3', '-1');
/** Of epochs, say. */
export const anAmountOfWork = (value: number): Kind => ({ ...anInteger(value), isWork: true });
export const aNumber = (value: number, ...takes: Wrong[]): Kind => kind(() => value, '3', '-1', '1.5', ...takes);
export const aBoolean = (value = false): Kind => kind(() => value, 'true');
export const aText = (value: string): Kind => kind(() => value, 'text');
export const aChoice = (value: string | number): Kind => kind(() => value);
export const aFunction = (value: unknown): Kind => kind(() => value, 'function');
export const integers = (...value: number[]): Kind => kind(() => [...value], 'array', 'numbers');
export const texts = (...value: string[]): Kind => kind(() => [...value], 'array', 'texts');
export const oneOrMore = (value: number | readonly number[]): Kind => kind(() => value, '3', '-1', 'array', 'numbers');
/** Anything else: its right value, and what it takes. */
export const other = (right: () => unknown, ...takes: Wrong[]): Kind => kind(right, ...takes);
export const optional = (inner: Kind): Kind => ({ ...inner, takes: [...inner.takes, 'undefined'] });
/** Options with the kind of every one of them; `required` may not be left out. */
export const options = <O extends object>(
  kinds: { readonly [K in keyof Required<O>]: Kind },
  required = false,
): Kind => ({
  right: () =>
    Object.fromEntries(
      Object.entries<Kind>(kinds)
        .map(([name, { right }]) => [name, right()] as const)
        .filter(([, value]) => value !== undefined),
    ),
  takes: required ? [] : ['undefined', 'object'],
  options: kinds,
});

/** Options of which none make a large network; see {@link Kind.isLarge}. */
export const optionsOfLarge = <O extends object>(kinds: { readonly [K in keyof Required<O>]: Kind }): Kind => ({
  ...options<O>(kinds),
  isLarge: true,
});

const isTyped = (error: unknown): boolean => error instanceof HebbError || error instanceof TokenizerError;

type Outcome = { readonly works: true } | { readonly works: false; readonly error: unknown };

const timeoutMilliseconds = 10_000;
/** More than a refusal takes on a busy machine. */
const hugeMilliseconds = 2_000;

/** Calls, waits for promises, reads tensors and takes a few items of an iterator. */
async function outcomeOf(call: () => unknown): Promise<Outcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), timeoutMilliseconds);
  });
  try {
    await Promise.race([settle(call), late]);
    return { works: true };
  } catch (error) {
    return { works: false, error };
  } finally {
    clearTimeout(timer);
  }
}

async function settle(call: () => unknown): Promise<void> {
  const value = await call();
  if (value instanceof Tensor) await value.data();
  if (typeof value === 'object' && value !== null && 'next' in value && typeof value.next === 'function')
    await (value.next() as unknown);
}

function sayOutcome(outcome: Outcome): string {
  if (outcome.works) return 'works';
  const { error } = outcome;
  if (!(error instanceof Error)) return `throws ${String(error)}`;
  const place = (error.stack ?? '').split('\n').find((line) => line.includes('/src/')) ?? '';
  return `${error.name}: ${error.message.split('\n', 1)[0]} ${/[^/]+\/src\/[^)]*/.exec(place)?.[0] ?? ''}`;
}

/** What goes wrong where `call` is called with wrong arguments, a line each. */
export async function violations(
  name: string,
  kinds: readonly Kind[],
  call: (args: unknown[]) => unknown,
  { mayFail = false } = {},
): Promise<string[]> {
  const found: string[] = [];
  const right = (): unknown[] => kinds.map((each) => each.right());
  const outcome = await outcomeOf(() => call(right()));
  if (!outcome.works && !(mayFail && isTyped(outcome.error)))
    found.push(`${name} with right arguments: ${sayOutcome(outcome)}`);

  const attempt = async (place: string, args: () => unknown[], mustRefuse: boolean): Promise<void> => {
    const result = await outcomeOf(() => call(args()));
    if (result.works ? mustRefuse : !isTyped(result.error)) found.push(`${name}, ${place}: ${sayOutcome(result)}`);
  };
  // A call that holds the thread cannot be interrupted: how long it took is seen afterwards.
  const attemptHuge = async (place: string, args: () => unknown[]): Promise<void> => {
    const begin = performance.now();
    const result = await outcomeOf(() => call(args()));
    const milliseconds = Math.round(performance.now() - begin);
    if (!result.works && !isTyped(result.error)) found.push(`${name}, ${place}: ${sayOutcome(result)}`);
    if (milliseconds > hugeMilliseconds) found.push(`${name}, ${place}: took ${milliseconds} ms`);
  };
  const replaced = (position: number, value: unknown): unknown[] =>
    right().map((own, i) => (i === position ? value : own));
  for (const [position, { takes, options: inner, isLarge }] of kinds.entries()) {
    for (const [wrong, make] of Object.entries(wrongValues)) {
      if (isLarge === true && takes.includes(wrong as Wrong)) continue;
      const mustRefuse = !takes.includes(wrong as Wrong);
      await attempt(`argument ${position} ${wrong}`, () => replaced(position, make()), mustRefuse);
    }
    for (const huge of hugeNumbers) await attemptHuge(`argument ${position} ${huge}`, () => replaced(position, huge));
    if (inner === undefined) continue;
    const given = (changes: object): unknown[] =>
      replaced(position, { ...(kinds[position]?.right() as object), ...changes });
    for (const [option, { takes: taken, isWork }] of Object.entries(inner)) {
      for (const [wrong, make] of Object.entries(wrongValues)) {
        // An option that is undefined is one that is not given.
        if (wrong === 'undefined') continue;
        const mustRefuse = !taken.includes(wrong as Wrong);
        await attempt(`option ${option} ${wrong}`, () => given({ [option]: make() }), mustRefuse);
      }
      for (const huge of isWork === true ? [] : hugeNumbers)
        await attemptHuge(`option ${option} ${huge}`, () => given({ [option]: huge }));
      found.push(...(await misspeltOption(name, option, () => call(given({ [misspelt(option)]: 1 })))));
    }
  }
  return found;
}

const misspelt = (option: string): string => `${option}x`;

/** A misspelt option is refused, and the error names the function's own spelling. */
async function misspeltOption(name: string, option: string, call: () => unknown): Promise<string[]> {
  const result = await outcomeOf(call);
  const message = result.works ? '' : (result.error as Error).message;
  const says = message.includes(`'${misspelt(option)}'`) && message.includes(`Did you mean ${option}?`);
  return says ? [] : [`${name}, option ${misspelt(option)} for ${option}: ${sayOutcome(result)}`];
}
