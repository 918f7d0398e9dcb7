/** A whole number from 0 to `below` − 1. */
export type Random = (below: number) => number;

/** Mulberry32 would do as well; a linear congruential generator's high bits are good enough for choices. */
export function makeRandom(seed: number): Random {
  let state = (Math.imul(seed, 2654435761) + 12345) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 0x100000000) * below);
  };
}
