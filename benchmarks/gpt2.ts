/**
 * GPT-2 in its real shape (124 million parameters, random weights): tokens a second on one thread, written with a cache of keys and values and without, beside onnxruntime-node's of the files that Hebb exports of it.
 * `node --import tsx benchmarks/gpt2.ts [TOKENS] [PROMPT] [CAPACITY]`: tokens to write (default 32), tokens of the prompt (default 64), and positions that the cache has room for (default 1024).
 *
 * "processor" counts the time that a processor worked, which other programs hardly change; "wall" what passed. Both files take one step at a time: one reads the whole text again, one takes keys and values of what was before and gives them back.
 */
import { GPT2 } from '@hebb/architectures';
import { generate, KeyValueCache, Module } from '@hebb/layers';
import { exportOnnx } from '@hebb/onnx';
import { concat, iota, manualSeed, realize, setDevice, type Tensor } from '@hebb/tensor';
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { commandLine } from './support/command-line.ts';

const {
  tokens: count,
  prompt: length,
  capacity,
} = commandLine(import.meta.url, { tokens: 32, prompt: 64, capacity: 1024 });
/** Tokens that are written where each takes seconds. */
const fewTokens = Math.min(count, 6);

/** Keys and values that grow with the text: inputs of a file, and what it gives back. */
class GrowingCache extends KeyValueCache {
  readonly #before: readonly [keys: Tensor, values: Tensor];
  after: readonly [keys: Tensor, values: Tensor];

  constructor(keys: Tensor, values: Tensor) {
    const [batch = 1, heads = 1, , headDim = 1] = keys.shape;
    super({ batch, heads, headDim, capacity: 1 });
    this.#before = [keys, values];
    this.after = this.#before;
  }

  get #length(): number {
    return this.#before[0].shape[2] ?? 0;
  }

  override position(): Tensor {
    // From the size of what was before, which is free in the file.
    return iota([this.#length + 1], 0).max();
  }

  override claim(): Tensor {
    return this.position();
  }

  override write(
    first: Tensor,
    keys: Tensor,
    values: Tensor,
  ): { readonly keys: Tensor; readonly values: Tensor; readonly mask: Tensor } {
    const after = [concat([this.#before[0], keys], 2), concat([this.#before[1], values], 2)] as const;
    this.after = after;
    const added = keys.shape[2] ?? 0;
    const position = iota([added, 1], 0).add(first);
    return { keys: after[0], values: after[1], mask: position.greaterEqual(iota([1, this.#length + added], 1)) };
  }
}

/** A step of the model as a function of what was before. */
class Step extends Module<[ids: Tensor, ...before: Tensor[]], Record<string, Tensor>> {
  readonly model: GPT2;

  constructor(model: GPT2) {
    super();
    this.model = model;
  }

  forward(ids: Tensor, ...before: Tensor[]): Record<string, Tensor> {
    const caches = Array.from(
      { length: before.length / 2 },
      (_, i) => new GrowingCache(before[2 * i] as Tensor, before[2 * i + 1] as Tensor),
    );
    const logits = this.model.forward(ids, caches);
    const after = caches.flatMap(({ after: [keys, values] }, i) => [[`keys${i}`, keys] as const, [`values${i}`, values] as const]); // prettier-ignore
    return { logits, ...Object.fromEntries(after.map(([name, value]) => [`${name}_after`, value])) };
  }
}

interface Row {
  readonly what: string;
  /** Of each token, behind the first two, which compile and read the prompt. */
  readonly processor: readonly number[];
  readonly wall: readonly number[];
  readonly written: readonly number[];
}

/** Writes tokens by `next`, which is given what was written last. */
async function measure(
  what: string,
  total: number,
  next: (token: number | undefined) => Promise<number>,
): Promise<Row> {
  const processor: number[] = [];
  const wall: number[] = [];
  const written: number[] = [];
  for (let i = 0; i < total + 2; i++) {
    const [began, usage] = [performance.now(), process.cpuUsage()];
    written.push(await next(written.at(-1)));
    const { user, system } = process.cpuUsage(usage);
    if (i < 2) continue;
    wall.push(performance.now() - began);
    processor.push((user + system) / 1000);
  }
  const row = { what, processor, wall, written };
  say(row);
  return row;
}

function say({ what, processor, wall }: Row): void {
  const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
  const rate = (values: readonly number[]): string => (1000 / median(values)).toFixed(1).padStart(6);
  console.log(
    `${what.padEnd(34)}${rate(processor)} tokens/s of processor time, ${rate(wall)} on the wall; ${(process.memoryUsage().rss / 1e9).toFixed(1)} GB`,
  );
}

async function session(bytes: Uint8Array): Promise<InferenceSession> {
  return InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  });
}

const int64 = (ids: readonly number[]): RuntimeTensor => new RuntimeTensor('int32', Int32Array.from(ids), [1, ids.length]); // prettier-ignore

/** The likeliest token behind the last place of logits [1, length, vocabulary]. */
function likeliest(logits: RuntimeTensor | undefined): number {
  const values = logits?.data as Float32Array;
  const vocabulary = logits?.dims[2] ?? 0;
  const last = values.length - vocabulary;
  let best = 0;
  for (let i = 1; i < vocabulary; i++) if ((values[last + i] ?? 0) > (values[last + best] ?? 0)) best = i;
  return best;
}

setDevice('wasm');
manualSeed(1);
const model = new GPT2().eval();
await realize(...model.parameters());
const { layers, heads, width } = model.options;
const prompt = Array.from({ length }, (_, i) => (i * 7919) % 50257);
console.log(`GPT-2, ${(model.parameterCount / 1e6).toFixed(0)} million parameters; a prompt of ${length} tokens`);

const hebb = async (what: string, total: number, room: number, cache: boolean): Promise<Row> => {
  const text = generate(model, prompt, { maxTokens: room, temperature: 0, cache });
  return measure(what, total, async () => Number((await text.next()).value));
};
const rows = [
  await hebb('Hebb, with a cache as needed', count, count + 2, true),
  await hebb(`Hebb, with a cache of ${capacity}`, count, capacity + 1 - length, true),
  await hebb('Hebb, without', fewTokens, fewTokens + 2, false),
];

const free = { shape: ['batch', 'length'], dtype: 'int32' } as const;
const past = { shape: ['batch', heads, 'past', width / heads], dtype: 'float32' } as const;
const names = Array.from({ length: layers }, (_, i) => [`keys${i}`, `values${i}`]).flat();
{
  const inputs = { ids: free, ...Object.fromEntries(names.map((name) => [name, past])) };
  const run = await session(await exportOnnx(new Step(model), { inputs }));
  let before: Record<string, RuntimeTensor> = Object.fromEntries(names.map((name) => [name, new RuntimeTensor('float32', new Float32Array(0), [1, heads, 0, width / heads])])); // prettier-ignore
  const next = async (token: number | undefined): Promise<number> => {
    const found = await run.run({ ids: int64(token === undefined ? prompt : [token]), ...before });
    before = Object.fromEntries(names.map((name) => [name, found[`${name}_after`] as RuntimeTensor]));
    return likeliest(found['logits']);
  };
  rows.push(await measure('onnxruntime, keys and values given', count, next));
  await run.release();
}
{
  const run = await session(await exportOnnx(model, { inputs: { ids: free } }));
  const text = [...prompt];
  const next = async (token: number | undefined): Promise<number> => {
    if (token !== undefined) text.push(token);
    const found = await run.run({ ids: int64(text) });
    return likeliest(Object.values(found)[0]);
  };
  rows.push(await measure('onnxruntime, without', fewTokens, next));
  await run.release();
}
const [first] = rows;
for (const { what, written } of rows)
  if (written.some((token, i) => token !== first?.written[i])) console.log(`${what}: other tokens than ${first?.what}`);
console.log(`written: ${first?.written.slice(0, 8).join(' ')} …`);
