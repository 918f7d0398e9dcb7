/** Pixels as PNG data addresses. */
import type { ShapedValues } from '@hebb/evaluation';
import { encode } from 'fast-png';

/** Pixels on a side that a picture in a page needs at most. */
const mostPixels = 192;

/**
 * One image of [examples, channels, height, width], of one channel (grey) or three (red, green, blue). A large one is made smaller by taking the
 * mean of squares of pixels.
 *
 * @param range the values that are black and white
 */
export function pictureOf(
  { data, shape }: ShapedValues,
  index: number,
  [low, high]: readonly [number, number],
): string {
  const [, channels = 1, height = 1, width = 1] = shape;
  const square = Math.max(1, Math.ceil(Math.max(height, width) / mostPixels));
  const [rows, columns] = [Math.max(1, Math.floor(height / square)), Math.max(1, Math.floor(width / square))];
  const drawn = channels === 3 ? 3 : 1;
  const bytes = new Uint8Array(rows * columns * drawn);
  for (let channel = 0; channel < drawn; channel++) {
    const start = (index * channels + channel) * height * width;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const mean = meanOfSquare(data, start + (row * width + column) * square, square, width, height);
        const light = (mean - low) / (high - low);
        bytes[(row * columns + column) * drawn + channel] = Math.round(Math.min(1, Math.max(0, light)) * 255);
      }
    }
  }
  return pngAddress({ width: columns, height: rows, data: bytes, channels: drawn });
}

function meanOfSquare(data: ArrayLike<number>, start: number, square: number, width: number, height: number): number {
  const [down, across] = [Math.min(square, height), Math.min(square, width)];
  let sum = 0;
  for (let i = 0; i < down; i++) for (let j = 0; j < across; j++) sum += data[start + i * width + j] ?? 0;
  return sum / (down * across);
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly channels: number;
}

export function pngAddress(pixels: Pixels): string {
  return `data:image/png;base64,${toBase64(encode({ ...pixels, depth: 8 }))}`;
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
