import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArrayDataset } from '@hebb/data';
import { Module } from '@hebb/layers';
import { setDevice, type Tensor } from '@hebb/tensor';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  evaluate,
  reportHtml,
  TrainingError,
  writeReport,
  type ClassificationEvaluation,
  type History,
} from '../src/index.ts';

/** The input's own numbers are the logits. */
class AsIs extends Module {
  forward(x: Tensor): Tensor {
    return x.flatten(1);
  }
}

/** Five examples of three classes, the third and the last of which are predicted wrong. */
const logits = [
  [2, 0, 0],
  [0, 3, 0],
  [0, 1, 0],
  [0, 0, 4],
  [5, 0, 1],
];
const labels = [0, 1, 2, 2, 2];
const dataset = new ArrayDataset({
  x: { data: Float32Array.from(logits.flat()), shape: [1, 1, 3] },
  y: { data: Int32Array.from(labels), shape: [] },
});

let evaluation: ClassificationEvaluation;
beforeAll(async () => {
  setDevice('wasm');
  evaluation = await evaluate(new AsIs(), dataset, {
    task: 'classification',
    classNames: ['ant', 'bee', '<c>'],
    batchSize: 2,
  });
});

describe('evaluate', () => {
  it('scores the predictions of all batches, in order', () => {
    expect(Array.from(evaluation.predictions)).toEqual([0, 1, 1, 2, 0]);
    expect(Array.from(evaluation.labels)).toEqual(labels);
    expect(evaluation.logits.shape).toEqual([5, 3]);
    expect(Array.from(evaluation.logits.data)).toEqual(logits.flat());
    expect(evaluation.accuracy).toBeCloseTo(3 / 5, 12);
    expect(evaluation.correct).toBe(3);
    expect(evaluation.confusionMatrix.counts).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [1, 1, 1],
    ]);
    expect(evaluation.classes[2]).toMatchObject({ precision: 1, recall: 1 / 3, f1: 0.5, support: 3 });
  });

  it('gives softmax probabilities', () => {
    const [a = 0, b = 0, c = 0] = evaluation.probabilities(0);
    expect(a).toBeCloseTo(Math.E ** 2 / (Math.E ** 2 + 2), 6);
    expect(a + b + c).toBeCloseTo(1, 6);
  });

  it('prints accuracy, scores and the matrix', () => {
    const text = evaluation.toString();
    expect(text).toMatch(/accuracy 60\.00 % \(3 of 5 right\) · [\d,]+ examples\/s/);
    expect(text).toMatch(/precision +recall/);
    expect(text).toMatch(/label \\ predicted +ant +bee/);
  });

  it('refuses outputs that are no logits of the classes', async () => {
    await expect(evaluate(new AsIs(), dataset, { classNames: ['a', 'b'] })).rejects.toThrow(
      /\[examples, 2\].*\[5, 3\]/,
    );
  });
});

describe('the report', () => {
  const history: History = {
    losses: [2, 1, 0.5, 0.25],
    learningRates: [1, 1, 1, 1],
    epochs: [1, 2].map((epoch) => ({
      epoch,
      loss: 2 / epoch,
      validationLoss: 1 / epoch,
      metrics: { accuracy: epoch / 4 },
      learningRate: 1,
      seconds: 1,
      validationSeconds: 1,
      examplesPerSecond: 10,
    })),
    stepsPerEpoch: 2,
    seconds: 4,
    interrupted: false,
  };
  const html = (): string =>
    reportHtml({
      title: 'Ants & <bees>',
      history,
      evaluation,
      images: dataset.field('x'),
      summary: 'a < b',
      data: { Source: 'here' },
      environment: { Seed: 7 },
      onnx: { passed: true, verdict: 'All agree.' },
    });

  it('needs no network, no script and no other file', () => {
    expect(html()).not.toMatch(/<script|(?:src|href)="(?!data:)|@import|url\(/);
  });

  it('escapes what it is given', () => {
    expect(html()).toContain('<h1>Ants &amp; &lt;bees&gt;</h1>');
    expect(html()).toContain('<pre>a &lt; b</pre>');
    expect(html()).not.toContain('<c>');
  });

  it('draws both curves with labelled axes', () => {
    expect(html()).toContain('Loss: mean loss per example by epoch');
    expect(html()).toContain('accuracy in per cent');
  });

  it('shows mistakes, the surest first, as images', () => {
    const [, section = ''] = html().split('All 2 mistakes');
    const captions = [...section.matchAll(/alt="Example (\d+)/g)].map(([, index]) => Number(index));
    expect(captions.slice(0, 2)).toEqual([4, 2]);
    const [, png = ''] = /base64,([^"]+)"/.exec(section) ?? [];
    const { width, height, data } = decode(Buffer.from(png, 'base64'));
    expect({ width, height, data: Array.from(data) }).toEqual({ width: 3, height: 1, data: [255, 0, 255] });
  });

  it('has every section in the order of reading', () => {
    const headings = [...html().matchAll(/<h2>(.*?)<\/h2>/g)].map(([, heading]) => heading);
    expect(headings).toEqual([
      'Training',
      'Confusion matrix',
      'Classes',
      'All 2 mistakes',
      'Right, but least sure',
      'Model',
      'ONNX',
      'Data',
      'Environment',
    ]);
  });

  it('refuses images of other examples', () => {
    expect(() => reportHtml({ evaluation, images: { data: new Float32Array(4), shape: [1, 1, 2, 2] } })).toThrow(
      /\[5, channels, height, width\]/,
    );
  });

  describe('as a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hebb-report-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('is written into folders that are made, and leaves no temporary file', async () => {
      await evaluation.save(join(folder, 'a/b/report.html'));
      expect(readdirSync(join(folder, 'a/b'))).toEqual(['report.html']);
      expect(readFileSync(join(folder, 'a/b/report.html'), 'utf8')).toMatch(/60\.00 %/);
    });

    it('names the path that cannot be written', async () => {
      writeFileSync(join(folder, 'file'), 'as it was');
      await expect(writeReport(join(folder, 'file/report.html'), {})).rejects.toThrow(TrainingError);
      await expect(writeReport(join(folder, 'file/report.html'), {})).rejects.toThrow(/file\/report\.html/);
      expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('as it was');
    });
  });
});
