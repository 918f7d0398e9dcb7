/** Checks that generator and discriminator share. */
import { ArgumentError, type Tensor } from '@hebb/tensor';
import { requireTensor } from '@hebb/tensor/arguments';

/** The height and width that are left of an image when it has been halved so many times. Throws {@link ArgumentError} where that is no whole number. */
export function gridOf(where: string, imageSize: number, halvings: number): number {
  const grid = imageSize / 2 ** halvings;
  if (Number.isInteger(grid)) return grid;
  throw new ArgumentError(
    `[${where}] images of ${imageSize} × ${imageSize} cannot be halved ${halvings} times, once for each of widths.`,
    { hint: `Take an imageSize that is a multiple of ${2 ** halvings}, or fewer widths.` },
  );
}

/** Throws {@link ArgumentError} unless there are classes of examples exactly where the network is conditional. */
export function requireClasses(where: string, classes: number | undefined, y: Tensor | undefined): void {
  if (classes === undefined) {
    if (y === undefined) return;
    throw new ArgumentError(`[${where}] takes no classes of examples, and was given ${y}.`, {
      hint: `Say how many there are when you make it: new ${where}({ classes: 10 }).`,
    });
  }
  if (y !== undefined) return requireTensor(where, 'the classes of the examples', y);
  throw new ArgumentError(`[${where}] is conditional, and was given no classes of the examples.`, {
    hint: `Give them as the second argument, int32 [batch], 0 … ${classes - 1}.`,
  });
}
