import { Writable } from 'node:stream';
import picocolors from 'picocolors';
import { describe, expect, it } from 'vitest';
import { TerminalProgress, type EpochRecord, type History, type TrainingRun } from '../src/index.ts';
import { progressLine } from '../src/progress.ts';

const plain = picocolors.createColors(false);
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

  it('has a bar in 80 columns', () => {
    expect(progressLine(line, 79, plain)).toMatch(
      /^epoch {2}3\/20 ━+─+ · step 12\/23 · loss 0\.1234 · 5,431 examples\/s · 0:04 left$/,
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
  loss: 0.5,
  validationLoss: 0.25,
  metrics: { accuracy: 0.975 },
  learningRate: 0.1,
  seconds: 2,
  validationSeconds: 0.5,
  examplesPerSecond: 1234,
};
const history: History = {
  losses: [0.5, 0.5],
  learningRates: [0.1, 0.1],
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
} as unknown as TrainingRun;

async function show(isTTY: boolean): Promise<string> {
  const stream = new Stream(isTTY);
  const progress = new TerminalProgress({ stream, validationName: 'test' });
  await progress.onTrainStart(run);
  for (const step of [1, 2])
    progress.onStep({ step, epoch: 1, stepOfEpoch: step, loss: 0.5, learningRate: 0.1, examples: 10 }, run);
  progress.onEpochEnd(record, run);
  progress.onTrainEnd(history);
  return stream.text;
}

describe('TerminalProgress', () => {
  it('writes one plain line per epoch and a summary where the output is no terminal', async () => {
    expect((await show(false)).split('\n')).toEqual([
      'epoch 1/1 · loss 0.5000 · test loss 0.2500 · test accuracy 97.50 % · 1,234 examples/s · 2.50 s',
      '1 epoch in 2.50 s · loss 0.5000 · test accuracy 97.50 % · up to 1,234 examples/s',
      '',
    ]);
  });

  it('rewrites one line on a terminal, and shows the cursor again at the end', async () => {
    const text = await show(true);
    expect(text).toContain('step 2/2');
    const last = text.slice(text.lastIndexOf('1 epoch in'));
    expect(last).toMatch(/^1 epoch in 2\.50 s · loss 0\.5000 · test accuracy 97\.50 % · up to 1,234 examples\/s\n/);
    expect(text.match(/\n/g)?.length).toBeLessThanOrEqual(6);
    if (text.includes('\u001B[?25l'))
      expect(text.lastIndexOf('\u001B[?25h')).toBeGreaterThan(text.lastIndexOf('\u001B[?25l'));
  });
});
