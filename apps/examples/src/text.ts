/** Long texts as the examples that write learn from them, and how well they know them. */
import {
  ArrayDataset,
  compile,
  crossEntropy,
  Subset,
  tensor,
  type Dataset,
  type NumericArray,
  type Tensor,
} from 'hebb';

/** `x` is a piece of the text, `y` the same one token later: at each place what comes next. */
export type TextBatch = { readonly x: NumericArray<Int32Array>; readonly y: NumericArray<Int32Array> };

/** A piece at every place of the text; each is made when it is asked for. */
export function everyWindow(tokens: Int32Array, length: number): Dataset<TextBatch> {
  const cut = (starts: Uint32Array): NumericArray<Int32Array> => {
    const data = new Int32Array(starts.length * length);
    starts.forEach((start, row) => data.set(tokens.subarray(start, start + length), row * length));
    return { data, shape: [starts.length, length] };
  };
  const dataset: Dataset<TextBatch> = {
    length: tokens.length - length,
    gather: (starts) => ({ x: cut(starts), y: cut(starts.map((start) => start + 1)) }),
    subset: (starts) => new Subset(dataset, starts),
  };
  return dataset;
}

/** The text in pieces, one behind the other: every token of it once, save a rest that fills none. */
export function piecesOf(tokens: Int32Array, length: number) {
  const end = Math.floor((tokens.length - 1) / length) * length;
  return new ArrayDataset({
    x: { data: tokens.subarray(0, end), shape: [length] },
    y: { data: tokens.subarray(1, end + 1), shape: [length] },
  });
}

/** What says of each token what comes next, and looks back on so many. */
interface Writer {
  readonly contextLength: number;
  forward(ids: Tensor): Tensor;
}

/**
 * How surprising each token from the second on was, −ln of its probability: the loss is their mean. The text is read in pieces as long as the model looks back, `stride` apart, and of each the last `stride` count (of the first one
 * all), so that with half the length every token but the first ones is judged with at least as much before it.
 */
export async function surprises(model: Writer, tokens: Int32Array, stride = model.contextLength): Promise<number[]> {
  const losses = compile((x: Tensor, y: Tensor) => {
    const logits = model.forward(x);
    return crossEntropy(logits.reshape([-1, logits.shape[2] ?? 0]), y.reshape([-1]), { reduction: 'none' });
  });
  const last = tokens.length - 1;
  const length = Math.min(model.contextLength, last);
  const starts: number[] = [];
  for (let start = 0; start + length <= last; start += stride) starts.push(start);
  // The rest, in a piece that ends with the text.
  if ((starts.at(-1) ?? 0) + length < last) starts.push(last - length);
  const found: number[] = [];
  for (let at = 0; at < starts.length; at += 64) {
    const some = starts.slice(at, at + 64);
    const piece = (offset: number): Tensor => {
      const ids = some.flatMap((start) => [...tokens.subarray(start + offset, start + offset + length)]);
      return tensor(Int32Array.from(ids), { shape: [some.length, length] });
    };
    const values = await losses(piece(0), piece(1)).data();
    for (const [row, start] of some.entries())
      for (let i = found.length - start; i < length; i++) found.push(values[row * length + i] ?? 0);
  }
  return found;
}

/** Σ −ln of how frequent each token is: the surprise of whoever looks back at nothing. */
export function surpriseOfFrequencies(learnt: Int32Array, tested: Int32Array): number {
  const counts = new Map<number, number>();
  for (const token of learnt) counts.set(token, (counts.get(token) ?? 0) + 1);
  return tested.reduce((sum, token) => sum - Math.log((counts.get(token) ?? 1) / learnt.length), 0);
}

/** The surprise at `tested` of whoever knows how often each token follows each other one in `learnt`, and one more time each. */
export function surpriseOfPairs(learnt: Int32Array, tested: Int32Array, vocabulary: number): number {
  const pairs = new Float64Array(vocabulary * vocabulary).fill(1);
  const firsts = new Float64Array(vocabulary).fill(vocabulary);
  learnt.subarray(1).forEach((token, i) => {
    const before = learnt[i] ?? 0;
    const at = before * vocabulary + token;
    pairs[at] = (pairs[at] ?? 0) + 1;
    firsts[before] = (firsts[before] ?? 0) + 1;
  });
  let sum = 0;
  tested.subarray(1).forEach((token, i) => {
    const before = tested[i] ?? 0;
    sum -= Math.log((pairs[before * vocabulary + token] ?? 1) / (firsts[before] ?? 1));
  });
  return sum / (tested.length - 1);
}
