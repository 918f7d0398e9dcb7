/** A model and data whose evaluation can be counted by hand. */
import { ArrayDataset } from '@hebb/data';
import { Module } from '@hebb/layers';
import type { Tensor } from '@hebb/tensor';

/** The input's own numbers are the logits. */
export class AsIs extends Module {
  forward(x: Tensor): Tensor {
    return x.flatten(1);
  }
}

/** Five examples of three classes, the third and the last of which are predicted wrong. */
export const logits = [
  [2, 0, 0],
  [0, 3, 0],
  [0, 1, 0],
  [0, 0, 4],
  [5, 0, 1],
];
export const labels = [0, 1, 2, 2, 2];
export const classNames = ['ant', 'bee', '<c>'];
export const dataset = new ArrayDataset({
  x: { data: Float32Array.from(logits.flat()), shape: [1, 1, 3] },
  y: { data: Int32Array.from(labels), shape: [] },
});
