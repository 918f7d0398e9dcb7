/** Options that contradict each other, or that nothing would read: said, where one of them would be ignored. */
import { ArgumentError } from '@hebb/tensor';
import { describe } from '@hebb/tensor/arguments';

/** Throws {@link ArgumentError} where two options are given that say the same. */
export function refuseBoth<T extends object>(
  where: string,
  options: T,
  first: keyof T & string,
  second: keyof T & string,
): void {
  // prettier-ignore
  if (options[first] === undefined || options[second] === undefined) return;
  throw new ArgumentError(
    `[${where}] ${first} and ${second} say the same in two ways: ${first} is ${describe(options[first])}, and ${second} are ${describe(options[second])}.`,
    { hint: `Leave one of them out.` },
  );
}

/** Throws {@link ArgumentError} where an option is given that means something only `where` it says: '… is for …'. */
export function refuseUnread(where: string, name: string, given: unknown, isFor: string): void {
  if (given === undefined) return;
  throw new ArgumentError(`[${where}] ${name} is for ${isFor}; here nothing would read the ${describe(given)} given.`, {
    hint: `Leave ${name} out.`,
  });
}
