import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Linear, Sequential, summary } from '@hebb/layers';
import { classification, type ClassificationEvaluation } from '@hebb/evaluation';
import { evaluate, type History } from '@hebb/training';
import { setDevice } from '@hebb/tensor';
import { decode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportHtml, ReportError, writeReport } from '../src/index.ts';
import { AsIs, classNames, dataset } from '../../training/test/support/five-examples.ts';

let evaluation: ClassificationEvaluation;
beforeAll(async () => {
  setDevice('wasm');
  const task = classification({ classNames });
  evaluation = await evaluate(new AsIs(), dataset, task, { batchSize: 2 });
});

describe('the report', () => {
  const history: History = {
    losses: [2, 1, 0.5, 0.25],
    scalars: { loss: [2, 1, 0.5, 0.25] },
    validations: [1, 2].map((epoch) => ({
      step: 2 * epoch,
      epoch,
      validationLoss: 1 / epoch,
      validationScalars: {},
      metrics: { accuracy: epoch / 4 },
      loss: 2 / epoch,
      scalars: { loss: 2 / epoch },
      seconds: 1,
    })),
    learningRates: { optimizer: [1, 1, 1, 1] },
    epochs: [1, 2].map((epoch) => ({
      epoch,
      step: 2 * epoch,
      scalars: { loss: 2 / epoch },
      loss: 2 / epoch,
      validationLoss: 1 / epoch,
      validationScalars: {},
      metrics: { accuracy: epoch / 4 },
      learningRates: { optimizer: 1 },
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
    expect(html()).toContain('Loss: loss by epoch');
    expect(html()).toContain('Accuracy: accuracy by epoch. validation: 50.00 % at the end: from 25.00 % to 50.00 %.');
    expect(html()).toContain('<p class="x-label">epoch</p>');
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
      'Loss',
      'Accuracy',
      'Epochs',
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

  it('has the curves of several runs behind the results, those of one kind together', () => {
    const page = reportHtml({
      history: { judge: history, 'split-0': history, 'split-1': { ...history, stopReason: 'enough' } },
      sections: [{ kind: 'text', title: 'Own', text: 'own' }],
      environment: { Seed: 7 },
    });
    expect([...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, heading]) => heading)).toEqual([
      'Own',
      'Loss: judge',
      'Accuracy: judge',
      'Epochs: judge',
      'Loss: split, 2 runs',
      'Accuracy: split, 2 runs',
      'Runs: split, 2 runs',
      'Environment',
    ]);
    expect(page).toMatch(/<summary>The numbers of 2 runs<\/summary>[^]*split-1[^]*enough/);
    // One of a kind is called by its whole name.
    expect(reportHtml({ history: { 'split-0': history } })).toContain('<h2>Loss: split-0</h2>');
  });

  it('folds a model of many layers', () => {
    const layers = Array.from({ length: 31 }, () => new Linear(2, 2));
    expect(reportHtml({ summary: summary(new Sequential(...layers), ['batch', 2]) })).toContain(
      '<summary>The 31 layers</summary>',
    );
    expect(reportHtml({ summary: summary(new Sequential(...layers.slice(2)), ['batch', 2]) })).not.toContain(
      '<summary>',
    );
  });

  it('takes what verifyOnnx and summary return', () => {
    const comparison = { ok: true, rows: 360, maxAbsoluteDifference: 5.7e-6, agreement: 1 };
    const model = new Sequential(new Linear(3, 4), new Linear(4, 2));
    const page = reportHtml({ onnx: comparison, summary: summary(model, ['batch', 3]) });
    expect(page).toContain('✓ The file computes what the model does, for all 360 rows compared.');
    expect(page).toContain('5.7e-6');
    expect(page).toMatch(/Linear 3 → 4<\/td>\s*<td[^>]*>\[batch, 4\]<\/td>\s*<td>16<\/td>/);
    expect(page).toMatch(/<dt>Parameters<\/dt>\s*<dd>26<\/dd>/);
    expect(page).not.toContain('frozen');
    (model.getMember('0') as Linear).freeze();
    expect(reportHtml({ summary: summary(model, ['batch', 3]) })).toMatch(/26<\/td>\s*<td>16<\/td>/);
    const both = reportHtml({ summary: { first: summary(model, [1, 3]), '<second>': 'a text' } });
    expect([...both.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, heading]) => heading)).toEqual([
      'Model: first',
      'Model: &lt;second&gt;',
    ]);
    expect(both).toMatch(/<dt>Parameters<\/dt>\s*<dd>26<\/dd>/);
    const failed = reportHtml({ onnx: { ...comparison, ok: false, agreement: 0.9 } });
    expect(failed).toMatch(/✗ The file computes something else[\s\S]*another[\s\S]*36</);
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
      await writeReport(join(folder, 'a/b/report.html'), evaluation);
      expect(readdirSync(join(folder, 'a/b'))).toEqual(['report.html']);
      expect(readFileSync(join(folder, 'a/b/report.html'), 'utf8')).toMatch(/60\.00 %/);
    });

    it('names the path that cannot be written', async () => {
      writeFileSync(join(folder, 'file'), 'as it was');
      await expect(writeReport(join(folder, 'file/report.html'), {})).rejects.toThrow(ReportError);
      await expect(writeReport(join(folder, 'file/report.html'), {})).rejects.toThrow(/file\/report\.html/);
      expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('as it was');
    });
  });
});
