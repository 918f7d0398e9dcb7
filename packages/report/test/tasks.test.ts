/** What every task of evaluation finds makes a page. */
import { ArrayDataset } from '@hebb/data';
import {
  accuracy,
  classification,
  multiLabel,
  regression,
  scores,
  sequences,
  type Evaluation,
  type EvaluationTask,
} from '@hebb/evaluation';
import { Identity } from '@hebb/layers';
import { evaluate } from '@hebb/training';
import { setDevice } from '@hebb/tensor';
import { expect, it } from 'vitest';
import { reportHtml } from '../src/index.ts';

const floats = (values: number[], shape: number[]) => ({ data: Float32Array.from(values), shape });
const integers = (values: number[], shape: number[]) => ({ data: Int32Array.from(values), shape });
const ramp = Array.from({ length: 24 }, (_, i) => Math.sin(3 * i));
const any = <R extends Evaluation, O, V>(task: EvaluationTask<R, O, V>): EvaluationTask => task as unknown as EvaluationTask; // prettier-ignore

it.each<[string, EvaluationTask, ArrayDataset, string[]]>([
  ['classification of three classes', any(classification()), new ArrayDataset({ x: floats(ramp, [3]), y: integers([0, 1, 2, 0, 1, 2, 0, 1], []) }), ['Confusion matrix', 'Classes']],
  ['classification of two classes by one logit', any(classification({ classNames: ['no', 'yes'] })), new ArrayDataset({ x: floats(ramp, []), y: integers(ramp.map((value) => Number(value > 0.3)), []) }), ['Confusion matrix', 'Classes', 'ROC: area', 'Precision and recall']],
  ['classification of many classes', any(classification()), new ArrayDataset({ x: floats(Array.from({ length: 600 }, (_, i) => Math.sin(i * i)), [60]), y: integers([1, 2, 3, 4, 5, 6, 7, 8, 9, 0], []) }), ['What is taken for what', 'Classes']],
  ['multiLabel', any(multiLabel()), new ArrayDataset({ x: floats(ramp, [3]), y: integers(ramp.map((value) => Number(value > 0.3)), [3]) }), ['Labels']],
  ['regression of one number', any(regression()), new ArrayDataset({ x: floats(ramp, []), y: floats(ramp.map((value, i) => value + i / 100), []) }), ['Predictions by targets', 'Errors by predictions']],
  ['regression of three', any(regression()), new ArrayDataset({ x: floats(ramp, [3]), y: floats(ramp.map((value, i) => value + i / 100), [3]) }), ['Targets', 'Predictions by targets: 2']],
  ['sequences', any(sequences()), new ArrayDataset({ x: floats(ramp, [3, 4]), y: integers([0, 1, 2, 3, 0, -100], [3]) }), ['Loss by position']],
  ['scores', any(scores({ accuracy })), new ArrayDataset({ x: floats(ramp, [3]), y: integers([0, 1, 2, 0, 1, 2, 0, 1], []) }), []],
])('%s', async (_, task, data, headings) => {
  setDevice('wasm');
  const page = reportHtml(await evaluate(new Identity(), data, task), { title: 'Found' });
  for (const heading of headings) expect(page).toContain(heading);
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
}); // prettier-ignore
