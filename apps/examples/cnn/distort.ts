/** Images as another hand would have written them. */
import type { ArrayBatch, TransformContext } from 'hebb';

/** Radians, shares of the size, pixels of 28: as far as an image goes either way. */
const [turn, stretch, shear, shift] = [0.2, 0.1, 0.15, 2];

/**
 * Turns, stretches, shears and shifts each image of a batch a little, another way each: pixel (x, y) of the new image is the old one at A · (x, y) + b, between four pixels in proportion, and black outside.
 */
export function distort<B extends ArrayBatch>(batch: B, { random }: TransformContext): B {
  const images = batch['x'];
  if (images === undefined) return batch;
  const { data, shape } = images;
  const [count = 0, , height = 0, width = 0] = shape;
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  const between = (limit: number): number => limit * (2 * random.float() - 1);
  // With a frame of black, so that no pixel between four is outside.
  const stride = width + 2;
  const framed = new Float32Array((height + 2) * stride);
  for (let i = 0; i < count; i++) {
    const image = data.subarray(i * height * width, (i + 1) * height * width);
    for (let y = 0; y < height; y++) framed.set(image.subarray(y * width, (y + 1) * width), (y + 1) * stride + 1);

    const angle = between(turn);
    const size = 1 + between(stretch);
    const [cosine, sine, slant] = [Math.cos(angle) / size, Math.sin(angle) / size, between(shear)];
    const pixel = width / 28;
    const [dx, dy] = [between(shift) * pixel, between(shift) * pixel];
    for (let y = 0; y < height; y++) {
      const v = y - middleY - dy;
      for (let x = 0; x < width; x++) {
        const u = x - middleX - dx + slant * v;
        const oldX = Math.min(Math.max(cosine * u + sine * v + middleX + 1, 0), width);
        const oldY = Math.min(Math.max(cosine * v - sine * u + middleY + 1, 0), height);
        const [left, top] = [Math.floor(oldX), Math.floor(oldY)];
        const [right, below] = [oldX - left, oldY - top];
        const at = top * stride + left;
        const upper = (framed[at] ?? 0) * (1 - right) + (framed[at + 1] ?? 0) * right;
        const lower = (framed[at + stride] ?? 0) * (1 - right) + (framed[at + stride + 1] ?? 0) * right;
        image[y * width + x] = upper * (1 - below) + lower * below;
      }
    }
  }
  return batch;
}
