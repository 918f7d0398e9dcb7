/** All examples, in the order of the list, and where their things lie. */
import { fileURLToPath } from 'node:url';
import type { ExampleSet } from '@hebb/app-support';
import { autoencoder } from '../autoencoder/example.ts';
import { chatbot } from '../chatbot/example.ts';
import { cnn } from '../cnn/example.ts';
import { feedForward } from '../feed-forward/example.ts';
import { gan } from '../gan/example.ts';
import { gnn } from '../gnn/example.ts';
import { music } from '../music/example.ts';
import { rnn } from '../rnn/example.ts';
import { segmentation } from '../segmentation/example.ts';
import { sentiment } from '../sentiment/example.ts';
import { transformer } from '../transformer/example.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const examples: ExampleSet = {
  examples: [feedForward, cnn, segmentation, autoencoder, gan, rnn, gnn, transformer, chatbot, sentiment, music],
  folder: here('..'),
  carried: (name) => here(name === 'digits.csv' ? '../../quickstart/data/digits.csv' : `../data/${name}`),
  resultsPage: here('../../../docs/results.md'),
};
