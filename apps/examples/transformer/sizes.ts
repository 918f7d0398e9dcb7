/** How large the network is and how long it learns: what a level chooses, and the command line can choose otherwise. */
import { Option, type Command } from 'commander';
import { filled, integer, positiveNumber, type ExampleKit } from '@hebb/app-support';

interface Sizes {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly context: number;
  readonly batch: number;
  readonly steps: number;
  readonly learningRate: number;
}

export interface Options extends Partial<Sizes> {
  readonly prompt: string;
}

export const addOptions = (command: Command): Command =>
  command
    .option(
      '--prompt <text>',
      'how the page that it writes begins; of a long one the network sees the end',
      filled,
      'ROMEO:\n',
    )
    .addOption(new Option('--layers <n>', 'blocks').argParser(integer(1, 96)))
    .addOption(new Option('--heads <n>', 'of attention in each, a divisor of the width').argParser(integer(1, 96)))
    .addOption(new Option('--width <n>', 'numbers for each character').argParser(integer(1, 8192)))
    .addOption(new Option('--context <n>', 'characters that it looks back').argParser(integer(32, 4096)))
    .addOption(new Option('--batch <n>', 'pieces of text in a step').argParser(integer(1, 4096)))
    .addOption(new Option('--steps <n>', 'of training').argParser(integer(4, 10_000_000)))
    .addOption(new Option('--learning-rate <n>', 'at its highest').argParser(positiveNumber));

/** `isOwn`: whether any of them is the command line’s. Of such nobody knows what they reach. */
export function sizesOf(kit: Pick<ExampleKit<Options>, 'options' | 'choose'>): Sizes & { isOwn: boolean } {
  const ofLevel = kit.choose<Sizes>({
    quick: { layers: 2, heads: 4, width: 64, context: 32, batch: 12, steps: 400, learningRate: 5e-3 },
    normal: { layers: 3, heads: 4, width: 96, context: 64, batch: 12, steps: 900, learningRate: 4e-3 },
    full: { layers: 4, heads: 4, width: 128, context: 64, batch: 12, steps: 2000, learningRate: 3e-3 },
  });
  const { prompt: _, ...asked } = kit.options;
  return { ...ofLevel, ...asked, isOwn: Object.keys(asked).length > 0 };
}
