/** The pictures to take apart: digits, with shapes drawn over them and noise over all, and for every pixel what it belongs to. */
import { ArrayDataset, Random, type Field, type ImageFields } from 'hebb';

/** What a pixel can belong to; its place here is its class. */
export const classNames: readonly string[] = ['background', 'digit', 'disc', 'square', 'triangle'];

/** `x`: float32 [1, side, side]; `y`: int32 [side, side], the class of each pixel. */
export type SceneFields = { readonly x: Field<Float32Array>; readonly y: Field<Int32Array> };

/** Whether a point lies in a shape around 0 that reaches as far as 1. */
const shapes: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => x * x + y * y < 1,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) < Math.SQRT1_2,
  (x, y) => y > -0.5 && y < 1 - Math.sqrt(3) * Math.abs(x),
];

/**
 * `count` pictures, the digits of `images` in turn. The digit lies somewhere in the picture, one or two shapes over it, each of a size, a turn and a brightness of its own: how bright a pixel is says
 * nothing of what it belongs to.
 */
export function drawScenes(images: ArrayDataset<ImageFields>, count: number, seed: number): ArrayDataset<SceneFields> {
  const random = new Random(seed);
  const between = (low: number, high: number): number => low + (high - low) * random.float();
  const { data, shape } = images.field('x');
  const size = shape[2] ?? 0;
  // Small digits are drawn larger, each pixel as a square.
  const scale = size < 16 ? 4 : 1;
  const extent = size * scale;
  const side = Math.ceil(extent / 8) * 8;
  const x = new Float32Array(count * side * side);
  const y = new Int32Array(count * side * side);
  for (let i = 0; i < count; i++) {
    const pixels = x.subarray(i * side * side, (i + 1) * side * side);
    const classes = y.subarray(i * side * side, (i + 1) * side * side);

    const digit = data.subarray((i % images.length) * size * size);
    const [left, top] = [random.integer(side - extent + 1), random.integer(side - extent + 1)];
    for (let row = 0; row < extent; row++)
      for (let column = 0; column < extent; column++) {
        const value = digit[Math.floor(row / scale) * size + Math.floor(column / scale)] ?? 0;
        pixels[(top + row) * side + left + column] = value;
        if (value > 0.5) classes[(top + row) * side + left + column] = 1;
      }

    const drawn: { readonly x: number; readonly y: number; readonly radius: number }[] = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      const kind = random.integer(shapes.length);
      const contains = shapes[kind] ?? (() => false);
      const [radius, turn, brightness] = [between(0.2, 0.3) * side, between(0, 2 * Math.PI), between(0.3, 1)];
      const [centreX, centreY] = [between(radius, side - radius), between(radius, side - radius)];
      // Where it would cover the first one there is no second.
      if (drawn.some(({ x, y, radius: other }) => Math.hypot(x - centreX, y - centreY) < radius + other)) continue;
      drawn.push({ x: centreX, y: centreY, radius });
      const [cosine, sine] = [Math.cos(turn) / radius, Math.sin(turn) / radius];
      for (let row = 0; row < side; row++)
        for (let column = 0; column < side; column++) {
          const [u, v] = [column + 0.5 - centreX, row + 0.5 - centreY];
          if (!contains(cosine * u + sine * v, cosine * v - sine * u)) continue;
          pixels[row * side + column] = brightness;
          classes[row * side + column] = 2 + kind;
        }
    }
    for (let p = 0; p < pixels.length; p++) pixels[p] = (pixels[p] ?? 0) + between(-0.05, 0.05);
  }
  return new ArrayDataset<SceneFields>({ x: { data: x, shape: [1, side, side] }, y: { data: y, shape: [side, side] } });
}
