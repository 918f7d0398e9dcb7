/** Example images as PNG data addresses. */
import { encode } from 'fast-png';
import type { NumericArray } from '@hebb/data';

/** One image of [examples, channels, height, width] with values from 0 to 1, one channel (grey) or three (red, green, blue). */
export function pictureOf({ data, shape }: NumericArray, index: number): string {
  const [, channels = 1, height = 1, width = 1] = shape;
  const area = width * height;
  const drawn = channels === 3 ? 3 : 1;
  const bytes = new Uint8Array(area * drawn);
  for (let channel = 0; channel < drawn; channel++) {
    for (let i = 0; i < area; i++) {
      const value = data[(index * channels + channel) * area + i] ?? 0;
      bytes[i * drawn + channel] = Math.round(Math.min(1, Math.max(0, value)) * 255);
    }
  }
  return `data:image/png;base64,${toBase64(encode({ width, height, data: bytes, channels: drawn, depth: 8 }))}`;
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
