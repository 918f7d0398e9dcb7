/** What an example hands over to be trained beside PyTorch. */
import type { ArrayBatch, Batches } from '@hebb/data';
import type { Schedule } from '@hebb/optimizers';
import type { Task } from '@hebb/training';
import { fileURLToPath } from 'node:url';

/** An example with its data, and its network with the first weights. */
export interface Trial {
  /** Its modules are handed over with their weights, by the names of the parts. */
  readonly task: Task<never>;
  readonly batches: Batches;
  /** The example's own budget, where neither `--quick` nor `--full` is said; an epoch is as long as `batches` say. */
  readonly budget: { readonly epochs: number } | { readonly steps: number };
  /** Of the learning rates of all optimizers. Default: they stay. */
  readonly schedule?: Schedule;
  /** What both sides read beside batches: what the metric is taken of, a graph. */
  readonly arrays: ArrayBatch;
  /** What the network of the other side depends on and arrays do not say. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Names of the numbers of a step that are compared, where it returns several. Default: its loss. */
  readonly curves?: readonly string[];
  /** What the trained network is worth. */
  metric(): Promise<number>;
}

export interface Pair {
  /** The program of PyTorch's side, in this folder. */
  readonly script: string;
  /** The folder of its data, in one of several sets. */
  readonly set: string;
  /** What `metric` is, for the table. */
  readonly metric: string;
  /** Whether batches are more than rows of the data: changed at random, or made. Default false. */
  readonly isChanged?: true;
  /** @param folder where the whole data lies; what comes with Hebb, where it is not given */
  prepare(folder: string | undefined): Promise<Trial>;
}

/** The path of a data set that comes with Hebb. */
export function carried(name: string): string {
  const folder = name === 'digits.csv' ? '../../apps/quickstart/data/' : '../../apps/examples/data/';
  return fileURLToPath(new URL(`${folder}${name}`, import.meta.url));
}

/** The share of the logits [examples, classes] whose largest is the label's. */
export function shareRight(logits: ArrayLike<number>, labels: ArrayLike<number>): number {
  const classes = logits.length / labels.length;
  let right = 0;
  for (let row = 0; row < labels.length; row++) {
    let best = 0;
    for (let i = 1; i < classes; i++)
      if ((logits[row * classes + i] ?? 0) > (logits[row * classes + best] ?? 0)) best = i;
    right += Number(best === labels[row]);
  }
  return right / labels.length;
}
