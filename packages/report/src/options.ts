/** What a report is made of. */
import type { Evaluation, Section, ShapedValues } from '@hebb/evaluation';
import type { Summary } from '@hebb/layers';
import {
  isPlain,
  listOf,
  requireBoolean,
  requireInteger,
  requireNumber,
  requirePlain,
  requireString,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { History } from '@hebb/training';
import { requireSection } from './sections/check.ts';

/** Rows of a table: what it is, and its value. */
export type Facts = Readonly<Record<string, string | number | undefined>>;

/** What `verifyOnnx` of `@hebb/onnx` returns, as far as a report tells it. */
export interface OnnxComparison {
  /** Whether everything agreed as it should. */
  readonly ok: boolean;
  /** Number of rows compared. */
  readonly rows: number;
  /** max |file − model|. */
  readonly maxAbsoluteDifference: number;
  /** Share of rows whose largest output is at the same place. */
  readonly agreement: number;
}

/** The outcome of running an exported ONNX file with another runtime, in words of your own. */
export interface OnnxVerification {
  /** Whether everything agreed as it should. */
  readonly passed: boolean;
  /** One sentence on what was found. */
  readonly verdict: string;
  readonly facts?: Facts;
}

/** Everything is optional; a section without content is left out. */
export interface ReportOptions {
  /** Default 'Training report'. */
  title?: string;
  /** A sentence under the title. */
  subtitle?: string;
  /** Where the data comes from, its licence, how it was split. */
  data?: Facts;
  /** The model's layers: `summary(model, inputShape)`, or a text; of several models by name, `{ generator: summary(…), … }`. */
  summary?: Summary | string | Readonly<Record<string, Summary | string>>;
  /** Number of parameters. Default: that of the summary, or of all. */
  parameterCount?: number;
  /**
   * What `fit` returned; of several runs by name, `{ encoder: …, decoder: … }`, whose curves then stand behind the results. Those whose names differ in
   * the number at the end, `split-0`, `split-1` and so on, are drawn together.
   */
  history?: History | Readonly<Record<string, History>>;
  /** What the validation data of the history is called in the charts. Default 'validation'. */
  validationName?: string;
  /** What `evaluate` returned, or anything that has sections. */
  evaluation?: Evaluation;
  /** The evaluated examples as images [examples, channels, height, width] with values from 0 to 1, for sections that show examples. */
  images?: ShapedValues;
  /** Sections of your own, after those of the evaluation. */
  sections?: readonly Section[];
  /** Device, versions, seed, options, times. */
  environment?: Facts;
  /** What `verifyOnnx` returned, or the same in words of your own. */
  onnx?: OnnxComparison | OnnxVerification;
}

export const reportOptions: OptionNames<ReportOptions> = {
  title: requireString,
  subtitle: requireString,
  data: requireFacts,
  summary: requireSummary,
  parameterCount: requireInteger,
  history: requireHistory,
  validationName: requireString,
  evaluation: requireEvaluation,
  images: requireImages,
  sections: listOf(requireSection),
  environment: requireFacts,
  onnx: requireVerification,
};

/** Whether a value has sections, as evaluations do. */
export function isEvaluation(value: unknown): value is Evaluation {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Evaluation>).sections === 'function';
}

/** @throws ArgumentError for what is no section */
export function sectionsOf(where: string, evaluation: Evaluation | undefined): readonly Section[] {
  if (evaluation === undefined) return [];
  const sections = evaluation.sections();
  listOf(requireSection)(where, 'evaluation.sections()', sections);
  return sections;
}

function requireFacts(where: string, name: string, value: unknown): void {
  requirePlain(where, name, value);
  for (const [key, fact] of Object.entries(value))
    if (fact !== undefined && typeof fact !== 'number') requireString(where, `${name}.${key}`, fact);
}

function requireSummary(where: string, name: string, value: unknown): void {
  if (isSummary(value)) return;
  if (!isPlain(value)) throw wrongArgument(where, name, 'what summary() returns, or a text', value);
  for (const [key, each] of Object.entries(value))
    if (!isSummary(each)) throw wrongArgument(where, `${name}.${key}`, 'what summary() returns, or a text', each);
}

/** Of one model. */
export function isSummary(value: unknown): value is Summary | string {
  return typeof value === 'string' || Array.isArray((value as Partial<Summary> | null | undefined)?.rows);
}

function requireHistory(where: string, name: string, value: unknown): void {
  if (isHistory(value)) return;
  const several = isPlain(value) && !('losses' in value) ? Object.entries(value) : [];
  if (several.length === 0) throw wrongArgument(where, name, 'the history that fit() returns', value);
  for (const [key, each] of several)
    if (!isHistory(each)) throw wrongArgument(where, `${name}.${key}`, 'the history that fit() returns', each);
}

/** Of one run. */
export function isHistory(value: unknown): value is History {
  const given = value as Partial<History> | null | undefined;
  const lists = [given?.losses, given?.epochs, given?.validations];
  return lists.every(Array.isArray) && isPlain(given?.scalars) && isPlain(given?.learningRates);
}

function requireEvaluation(where: string, name: string, value: unknown): void {
  if (!isEvaluation(value)) throw wrongArgument(where, name, 'what evaluate() returns', value);
}

function requireImages(where: string, name: string, value: unknown): void {
  const given = value as Partial<ShapedValues> | null;
  if (typeof value !== 'object' || !ArrayBuffer.isView(given?.data) || !Array.isArray(given.shape))
    throw wrongArgument(where, name, '{ data, shape }', value);
}

function requireVerification(where: string, name: string, value: unknown): void {
  requirePlain(where, name, value);
  if ('ok' in value) {
    requireBoolean(where, `${name}.ok`, value['ok']);
    for (const number of ['rows', 'maxAbsoluteDifference', 'agreement'])
      requireNumber(where, `${name}.${number}`, value[number]);
    return;
  }
  requireBoolean(where, `${name}.passed`, value['passed']);
  requireString(where, `${name}.verdict`, value['verdict']);
  if (value['facts'] !== undefined) requireFacts(where, `${name}.facts`, value['facts']);
}
