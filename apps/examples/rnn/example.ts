/**
 * First names, letter by letter; and sunspots, a month ahead.
 *
 * A feed-forward network sees its whole input at once, and the input has a fixed size. A recurrent network reads one element after the other, and keeps what it has read in a state: h′ = f(x, h), with the same weights at every step, however long the sequence is. A gated
 * unit (GRU) decides at each step what of the state to keep and what to write anew, so that gradients reach far back.
 *
 * Two things are learnt with it. Which letter comes next in a name: whoever can tell that can also write names. And how many sunspots there will be next month, which is the same question about numbers: `sunspots.ts`.
 */
import { join } from 'node:path';
import { Option } from 'commander';
import {
  AdamW,
  compile,
  crossEntropy,
  DataLoader,
  fit,
  generate,
  minimize,
  oneCycleSchedule,
  RecurrentLanguageModel,
  tensor,
  type ArrayDataset,
  type Batch,
  type Task,
  type Tensor,
} from 'hebb';
import type { Example, ExampleKit } from '@hebb/app-support';
import { asDataset, edge, loadNames, nothing, toName, type NameFields } from './names.ts';
import { hesitation, madeUp, type MadeUp } from './report.ts';
import { sunspots } from './sunspots.ts';

export type Options = {
  readonly task: 'names' | 'sunspots' | 'both';
  readonly cell: 'gru' | 'lstm' | 'rnn';
};

export const rnn: Example<Options> = {
  name: 'rnn',
  title: 'Recurrent network',
  line: 'First names, letter by letter, by a GRU; sunspots a month ahead',
  seconds: { quick: 10, normal: 60 },
  data: {
    carried: 'names.txt, 32,032 first names; sunspots.csv',
    full: 'the same',
    expects: 'a folder with names.txt',
  },
  options: (command) => {
    command.addOption(
      new Option('--task <name>', 'what to learn').choices(['names', 'sunspots', 'both']).default('both'),
    );
    return command.addOption(
      new Option('--cell <name>', 'the recurrent cell').choices(['gru', 'lstm', 'rnn']).default('gru'),
    );
  },
  async run(kit) {
    if (kit.options.task !== 'sunspots') await names(kit);
    if (kit.options.task !== 'names' && !kit.signal.aborted) await sunspots(kit);
  },
};

export interface BuildNames {
  readonly cell: Options['cell'];
  readonly hidden: number;
  readonly train: ArrayDataset<NameFields>;
  readonly seed: number;
}

type Names = { x: Tensor; y: Tensor };

/** All that is trained, and with what. */
export function buildNames({ cell, hidden, train, seed }: BuildNames): {
  model: RecurrentLanguageModel;
  task: Task<Names>;
  loader: DataLoader<Batch<NameFields>>;
} {
  const model = new RecurrentLanguageModel({ vocabulary: 27, embedding: 32, hidden, layers: 1, cell, dropout: 0.2 });
  const optimizer = new AdamW(model, { learningRate: 5e-3, weightDecay: 0.01 });
  const loss = ({ x, y }: Names): Tensor =>
    crossEntropy(model.forward(x).logits.reshape([-1, 27]), y.reshape([-1]), { ignoreIndex: nothing });
  return {
    model,
    task: { parts: { model, optimizer }, step: (batch) => minimize(optimizer, () => loss(batch)), validate: loss },
    loader: new DataLoader(train, { batchSize: 128, shuffle: true, seed }),
  };
}

async function names(kit: ExampleKit<Options>): Promise<void> {
  // 1. Data: a name is a sequence of letters. Eight tenths are learnt from, one is looked at while learning, one is for the test.
  const folder = await kit.folder('names');
  const { all, learnt, seen, unseen } = await loadNames(
    folder === undefined ? kit.carried('names.txt') : join(folder, 'names.txt'),
  );
  const train = asDataset(learnt.slice(0, kit.choose({ quick: 4000, normal: learnt.length, full: learnt.length })));
  kit.say(`${train.length} names to learn from, ${unseen.length} to test with`);

  // 2. Network: letters go in, and at each one comes out which is next.
  const hidden = kit.choose({ quick: 64, normal: 128, full: 256 });
  const { model, task, loader } = buildNames({ cell: kit.options.cell, hidden, train, seed: kit.seed });
  kit.show('names', model, [{ shape: ['batch', 'letters'], dtype: 'int32' }]);

  // 3. Training
  kit.heading('Names');
  await fit(task, loader, {
    epochs: kit.choose({ quick: 4, normal: 4, full: 6 }),
    schedule: oneCycleSchedule({ warmup: 0.1 }),
    validation: asDataset(seen),
    ...kit.training('names'),
  });
  if (kit.signal.aborted) return;

  // 4. Evaluation. The mean surprise of a letter, over all letters and ends of the test: e^loss is among how many equally likely letters the network hesitates.
  kit.metric('test loss, nats per character', await surpriseOf(model, asDataset(unseen)), {
    target: { quick: { atMost: 2.35 }, normal: { atMost: 2.12 }, full: { atMost: 2.03 } },
  });
  // One in ten names stands in the file twice or more; those of the test that were not learnt say whether it knows names, or these names.
  const learntNames = new Set(learnt);
  const strangers = unseen.filter((name) => !learntNames.has(name));
  kit.metric('test loss of names that were not learnt', await surpriseOf(model, asDataset(strangers)));

  // Names of its own: a letter is drawn by the probabilities that the network gives, and read as the next one.
  const known = new Set(all);
  const own: MadeUp[] = [];
  for (let i = 0; own.filter(({ isNew }) => isNew).length < 20 && i < 500; i++) {
    const tokens: number[] = [];
    const options = { maxTokens: 15, stop: [edge], temperature: 0.8, seed: kit.seed * 1000 + i };
    for await (const token of generate(model.given(), [edge], options)) tokens.push(token);
    const name = toName(tokens);
    if (name.length > 1 && !own.some((other) => other.name === name)) own.push({ name, isNew: !known.has(name) });
  }
  const fresh = own.filter(({ isNew }) => isNew).map(({ name }) => name);
  kit.say('20 names that stand nowhere in the data:', fresh.join(', '));
  kit.metric('new names', fresh.length, { format: 'count', target: { atLeast: 20 } });
  kit.section(madeUp(own), await hesitation(model, unseen.slice(0, 4)));

  // 5. ONNX: one GRU operator, for any number of names of any length.
  const { x } = asDataset(unseen).gather(Uint32Array.from({ length: unseen.length }, (_, i) => i));
  const ids = { shape: ['batch', 'letters'], dtype: 'int32' } as const;
  await kit.onnx('names', model, { inputs: { ids }, outputs: ['logits'] }, tensor(x.data, { shape: x.shape }));
  await kit.weights('names', model);
}

/** Σ of the losses of all letters, over how many there are. */
export async function surpriseOf(model: RecurrentLanguageModel, dataset: ArrayDataset<NameFields>): Promise<number> {
  const losses = compile((x: Tensor, y: Tensor) =>
    crossEntropy(model.forward(x).logits.reshape([-1, 27]), y.reshape([-1]), {
      ignoreIndex: nothing,
      reduction: 'sum',
    }),
  );
  model.eval();
  let [sum, count] = [0, 0];
  for (let at = 0; at < dataset.length; at += 512) {
    const size = Math.min(512, dataset.length - at);
    const { x, y } = dataset.gather(Uint32Array.from({ length: size }, (_, i) => at + i));
    sum += await losses(tensor(x.data, { shape: x.shape }), tensor(y.data, { shape: y.shape })).item();
    count += y.data.filter((token) => token !== nothing).length;
  }
  return sum / count;
}
