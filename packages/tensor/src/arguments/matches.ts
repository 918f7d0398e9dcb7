/** Regular expressions that users choose names by. */

/**
 * Whether a name matches, whichever names were tried before: an expression with the flag g or y remembers where it matched last and goes on from there. Both flags are left out.
 */
export function matches(pattern: RegExp): (name: string) => boolean {
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return (name) => stateless.test(name);
}
