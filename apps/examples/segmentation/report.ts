/** What the report shows beside the figures: scenes, and what was found in them. */
import type { ArrayDataset, Section } from 'hebb';
import type { SceneFields } from './scenes.ts';

/** Red, green and blue of each class. */
const colors = [
  [0.08, 0.08, 0.1],
  [0.95, 0.95, 0.95],
  [0.9, 0.6, 0],
  [0, 0.62, 0.45],
  [0.8, 0.47, 0.65],
];

/** Some scenes, and those in which most pixels are wrong: what the network saw, what is there, what it found. */
export function pictures(test: ArrayDataset<SceneFields>, found: ArrayLike<number>): Section[] {
  const { data: x, shape } = test.field('x');
  const y = test.field('y').data;
  const [count = 0, , side = 0] = shape;
  const pixels = side * side;
  const wrong = Array.from({ length: count }, (_, scene) => {
    let sum = 0;
    for (let p = scene * pixels; p < (scene + 1) * pixels; p++) if (y[p] !== found[p]) sum++;
    return sum;
  });
  // One picture a scene, of four: it, what is there; what was found, where that is wrong.
  const section = (title: string, text: string, scenes: readonly number[]): Section => {
    const images = new Float32Array(scenes.length * 3 * 4 * pixels);
    for (const [i, scene] of scenes.entries())
      for (let p = 0; p < pixels; p++) {
        const at = scene * pixels + p;
        const [grey = 0, real = 0, taken = 0] = [x[at], y[at], found[at]];
        const shown = [[grey, grey, grey], colors[real], colors[taken], real === taken ? colors[0] : [1, 0.2, 0.2]];
        for (const [j, color] of shown.entries())
          for (const [channel, value] of (color ?? []).entries()) {
            const row = Math.floor(p / side) + (j < 2 ? 0 : side);
            const column = (p % side) + (j % 2) * side;
            images[((3 * i + channel) * 2 * side + row) * 2 * side + column] = value;
          }
      }
    return {
      kind: 'pictures',
      title,
      text,
      images: { data: images, shape: [scenes.length, 3, 2 * side, 2 * side] },
      pictures: scenes.map((scene, i) => ({
        example: i,
        caption: [{ value: `${wrong[scene]} of ${pixels} pixels wrong`, tone: 'quiet' }],
      })),
    };
  };
  const worst = wrong.map((_, scene) => scene).sort((a, b) => (wrong[b] ?? 0) - (wrong[a] ?? 0));
  return [
    section(
      'Scenes, and what was found',
      'Each picture is four: above the scene and what is there, below what was found and, red, where that is wrong. Digits are white, discs orange, squares green, triangles pink.',
      Array.from({ length: Math.min(16, count) }, (_, i) => i),
    ),
    section('The worst', 'The scenes of the test with the most wrong pixels.', worst.slice(0, 8)),
  ];
}
