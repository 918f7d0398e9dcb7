import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import {
  TerminalProgress,
  type EpochRecord,
  type History,
  type Run,
  type TerminalProgressOptions,
  type ValidationRecord,
} from '../src/index.ts';
import { progressLine } from '../src/progress.ts';
import { colorsFor, plain } from '../src/terminal.ts';

const line = {
  epoch: 3,
  epochCount: 20,
  step: 12,
  stepsPerEpoch: 23,
  loss: 0.12344,
  examplesPerSecond: 5431.2,
  secondsLeft: 3.4,
  metric: 'accuracy 97.50 %',
};

describe('the progress line', () => {
  it('shows everything where there is room', () => {
    expect(progressLine(line, 120, plain)).toBe(
      `epoch  3/20 ${'━'.repeat(13)}${'─'.repeat(11)} · step 12/23 · loss 0.1234 · accuracy 97.50 % · 5,431 examples/s · 0:04 left`,
    );
  });

  it.each([20, 30, 40, 60, 79, 80, 100, 119])('fits into %i columns', (columns) => {
    const text = progressLine(line, columns, plain);
    expect(text.length).toBeLessThanOrEqual(columns);
    expect(text).toMatch(/^epoch {2}3\/20/);
  });

  it('has a bar and the last validation in 80 columns', () => {
    expect(progressLine(line, 79, plain)).toMatch(
      /^epoch {2}3\/20 ━+─+ · step 12\/23 · loss 0\.1234 · accuracy 97\.50 % · 0:04 left$/,
    );
  });

  it('shows two numbers of a step and of the last validation in 80 columns, and leaves out what matters least', () => {
    const metric = 'validation loss 0.1012';
    expect(progressLine({ ...line, others: ['g loss 0.6931'], metric }, 79, plain)).toBe(
      'epoch  3/20 · loss 0.1234 · g loss 0.6931 · validation loss 0.1012 · 0:04 left',
    );
    expect(progressLine({ ...line, others: ['discriminator loss 0.6931'], metric }, 79, plain)).toBe(
      'epoch  3/20 · loss 0.1234 · discriminator loss 0.6931 · validation loss 0.1012',
    );
    // Of several, those that have room.
    expect(progressLine({ ...line, others: ['g loss 0.6931', 'penalty 0.0123'], metric }, 79, plain)).toBe(
      'epoch  3/20 · loss 0.1234 · g loss 0.6931 · validation loss 0.1012 · 0:04 left',
    );
  });
});

class Stream extends Writable {
  text = '';
  isTTY: boolean;
  columns = 80;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

const record: EpochRecord = {
  epoch: 1,
  step: 2,
  scalars: { loss: 0.5 },
  loss: 0.5,
  validationLoss: 0.25,
  validationScalars: { loss: 0.25 },
  metrics: { accuracy: 0.975 },
  learningRate: 0.1,
  learningRates: { optimizer: 0.1 },
  seconds: 2,
  validationSeconds: 0.5,
  examplesPerSecond: 1234,
};
const history: History = {
  losses: [0.5, 0.5],
  scalars: { loss: [0.5, 0.5] },
  validations: [],
  learningRates: { optimizer: [0.1, 0.1] },
  epochs: [record],
  stepsPerEpoch: 2,
  seconds: 2.5,
  interrupted: false,
};
const run = {
  epochCount: 1,
  stepsPerEpoch: 2,
  metricNames: ['accuracy'],
  hasValidation: true,
  epochs: [],
} as unknown as Run;

function show(isTTY: boolean, options: TerminalProgressOptions = {}): string {
  const stream = new Stream(isTTY);
  const progress = new TerminalProgress({ stream, validationName: 'test', ...options });
  progress.onTrainStart(run);
  for (const step of [1, 2])
    progress.onStep(
      {
        step,
        epoch: 1,
        stepOfEpoch: step,
        loss: 0.5,
        scalars: { loss: 0.5 },
        learningRate: 0.1,
        learningRates: { optimizer: 0.1 },
        examples: 10,
      },
      run,
    );
  progress.onEpochEnd(record, run);
  progress.onTrainEnd(history, run);
  return stream.text;
}

describe('TerminalProgress', () => {
  it('counts what an example of a batch is called', () => {
    const text = show(false, { unit: 'steps' });
    expect(text.match(/1,234 steps\/s/g)).toHaveLength(2);
    expect(text).not.toContain('examples');
    expect(show(true, { unit: 'steps' })).toContain('1,234 steps/s');
    expect(progressLine({ ...line, unit: 'steps' }, 120, plain)).toContain('5,431 steps/s');
  });

  it('writes one plain line per epoch and a summary where the output is no terminal', () => {
    expect(show(false).split('\n')).toEqual([
      'epoch 1/1 · loss 0.5000 · test loss 0.2500 · test accuracy 97.50 % · 1,234 examples/s · 2.50 s',
      '1 epoch in 2.50 s · loss 0.5000 · test accuracy 97.50 % · 1,234 examples/s',
      '',
    ]);
  });

  it('rewrites one line on a terminal, and ends it with the summary', () => {
    const text = show(true);
    expect(text).toContain('step 2/2');
    const paints = text.split('\r').slice(1);
    expect(paints.length).toBeGreaterThan(1);
    // Each paint erases what a longer one before it left behind, and only the last one ends the line.
    for (const paint of paints) expect(paint.trimEnd().endsWith('\u001B[K')).toBe(true);
    expect(paints.at(-1)).toBe('1 epoch in 2.50 s · loss 0.5000 · test accuracy 97.50 % · 1,234 examples/s\u001B[K\n');
    expect(text.match(/\n/g)).toHaveLength(1);
  });

  it('leaves out of the summary what a terminal has no room for, the speed first', () => {
    const stream = new Stream(true);
    const progress = new TerminalProgress({ stream });
    progress.onTrainStart(run);
    const scalars = { discriminatorLoss: 1.3, generatorLoss: 0.8, variation: 0.99 };
    const epochs = [{ ...record, loss: 1.3, scalars, metrics: { accuracy: 0.975 } }];
    const ended = { ...history, seconds: 950, epochs };
    progress.onTrainEnd(ended, run);
    expect(stream.text.split('\r').at(-1)).toBe(
      '1 epoch in 15 min 50 s · discriminator loss 1.300 · validation accuracy 97.50 %\u001B[K\n',
    );
    stream.columns = 160;
    progress.onTrainEnd(ended, run);
    expect(stream.text.split('\r').at(-1)).toBe(
      '1 epoch in 15 min 50 s · discriminator loss 1.300 · generator loss 0.8000 · variation 0.9900 · validation accuracy 97.50 % · 1,234 examples/s\u001B[K\n',
    );
  });

  it('calls the loss as the steps do, and says how fast they were on the whole', () => {
    const stream = new Stream(false);
    const progress = new TerminalProgress({ stream });
    progress.onTrainStart(run);
    const scalars = { discriminatorLoss: 1.3, generatorLoss: 0.8 };
    // The first compiles; one that only hands its work on to a device looks as if it took no time.
    const epochs = [[1, 10, 10], [2, 2, 25], [3, 0.001, 50_000]].map(([epoch = 0, seconds = 0, examplesPerSecond = 0]) => ({
      ...record, epoch, seconds, examplesPerSecond, validationSeconds: 0, loss: 1.3, scalars, metrics: {}, validationLoss: undefined,
    })) as unknown as EpochRecord[]; // prettier-ignore
    for (const epoch of epochs) progress.onEpochEnd(epoch, { ...run, epochCount: 3 });
    progress.onTrainEnd({ ...history, seconds: 12, epochs }, run);
    expect(stream.text.split('\n').slice(-3)).toEqual([
      'epoch 3/3 · discriminator loss 1.300 · generator loss 0.8000 · 50,000 examples/s · 0.00 s',
      '3 epochs in 12.0 s · discriminator loss 1.300 · generator loss 0.8000 · 50 examples/s',
      '',
    ]);
  });

  it('says that it is validating, and then what came of it', () => {
    const stream = new Stream(true);
    const progress = new TerminalProgress({ stream });
    progress.onTrainStart(run);
    progress.onStep(
      {
        step: 2,
        epoch: 1,
        stepOfEpoch: 2,
        loss: 0.5,
        scalars: { loss: 0.5 },
        learningRate: 0.1,
        learningRates: { optimizer: 0.1 },
        examples: 10,
      },
      run,
    );
    stream.text = '';
    progress.onValidationStart();
    expect(stripVTControlCharacters(stream.text)).toMatch(/step 2\/2 · loss 0\.5000 · validating …$/);
    stream.text = '';
    progress.onValidation({
      step: 2,
      epoch: 1,
      metrics: { accuracy: 0.975 },
      seconds: 9,
    } as unknown as ValidationRecord);
    expect(stripVTControlCharacters(stream.text)).toMatch(/step 2\/2 · loss 0\.5000 · accuracy 97\.50 %$/);
  });

  it('counts examples per second without the time of validations in between', () => {
    const now = vi.spyOn(performance, 'now');
    const stream = new Stream(false);
    const progress = new TerminalProgress({ stream });
    const bySteps = { ...run, epochCount: undefined, stepCount: 2 } as unknown as Run;
    const step = (number: number, at: number): void => {
      now.mockReturnValue(at);
      progress.onStep(
        { step: number, epoch: 1, stepOfEpoch: number, loss: 0.5, scalars: { loss: 0.5 }, learningRate: 0.1, learningRates: { optimizer: 0.1 }, examples: 10 },
        bySteps,
      ); // prettier-ignore
    };
    try {
      now.mockReturnValue(0);
      progress.onTrainStart(bySteps);
      step(1, 1000);
      now.mockReturnValue(10_000);
      progress.onValidation({ step: 1, epoch: 1, validationLoss: 0.25, metrics: {}, seconds: 9 } as ValidationRecord);
      step(2, 10_500);
    } finally {
      now.mockRestore();
    }
    expect(stream.text).toMatch(/^step 2\/2 .* · 20 examples\/s/m); // 10 in half a second, and not in 9.5
  });

  it('writes to the console where there is no standard error', () => {
    const lines: unknown[] = [];
    const info = vi.spyOn(console, 'info').mockImplementation((line) => void lines.push(line));
    vi.stubGlobal('process', undefined);
    try {
      const progress = new TerminalProgress();
      progress.onTrainStart(run);
      progress.onEpochEnd(record, run);
      progress.onTrainEnd(history, run);
    } finally {
      vi.unstubAllGlobals();
      info.mockRestore();
    }
    expect(lines).toEqual([
      'epoch 1/1 · loss 0.5000 · validation loss 0.2500 · validation accuracy 97.50 % · 1,234 examples/s · 2.50 s',
      '1 epoch in 2.50 s · loss 0.5000 · validation accuracy 97.50 % · 1,234 examples/s',
    ]);
  });

  it('is coloured unless the environment asks for no colour', () => {
    expect(colorsFor({}).cyan('━')).toBe('\u001B[36m━\u001B[39m');
    expect(colorsFor({ NO_COLOR: '' }).bold('a')).toBe('\u001B[1ma\u001B[22m');
    expect(colorsFor({ NO_COLOR: '1' })).toBe(plain);
  });
});
