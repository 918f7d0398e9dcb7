/** Random numbers. */
import type { Helpers } from './helpers.ts';

export type RandomFunction = 'random_words';

export const random: Helpers<RandomFunction> = {
  random_words: { needs: [], text: threefry() },
};

/** Threefry-2x32 with 13 rounds: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). */
function threefry(): string {
  const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
  const lines: string[] = [];
  for (let round = 0; round < 13; round++) {
    const rotation = rotations[round % 8] ?? 0;
    lines.push(`  a += b;`, `  b = ((b << ${rotation}u) | (b >> ${32 - rotation}u)) ^ a;`);
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      lines.push(`  a += k${injection % 3};`, `  b += k${(injection + 1) % 3} + ${injection}u;`);
    }
  }
  return `fn random_words(index: u32, counter: u32, seed: u32) -> vec2<f32> {
  let k0 = seed;
  let k1 = 0x48656262u;
  let k2 = 0x1bd11bdau ^ k0 ^ k1;
  var a = index + k0;
  var b = counter + k1;
${lines.join('\n')}
  return vec2<f32>(vec2<u32>(a, b) >> vec2<u32>(8u, 8u)) * 5.9604645e-8f;
}`;
}
