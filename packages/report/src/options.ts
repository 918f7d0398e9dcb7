/** What a report is made of. */
import type { NumericArray } from '@hebb/data';
import {
  requireBoolean,
  requireInteger,
  requirePlain,
  requireString,
  wrongArgument,
  type OptionNames,
} from '@hebb/tensor/arguments';
import type { ClassificationEvaluation, History } from '@hebb/training';

/** Rows of a table: what it is, and its value. */
export type Facts = Readonly<Record<string, string | number | undefined>>;

/** The outcome of running an exported ONNX file with another runtime. */
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
  /** The model's summary as text, e.g. from `summary(model, inputShape)`. */
  summary?: string;
  /** Number of the model's parameters. */
  parameterCount?: number;
  history?: History;
  /** What the validation data of the history is called in the charts. Default 'validation'. */
  validationName?: string;
  evaluation?: ClassificationEvaluation;
  /** The evaluated examples as images [examples, channels, height, width] with values from 0 to 1, to show mistakes. */
  images?: NumericArray;
  /** Device, versions, seed, options, times. */
  environment?: Facts;
  onnx?: OnnxVerification;
}

export const reportOptions: OptionNames<ReportOptions> = {
  title: requireString,
  subtitle: requireString,
  data: requireFacts,
  summary: requireString,
  parameterCount: requireInteger,
  history: requireHistory,
  validationName: requireString,
  evaluation: requireEvaluation,
  images: requireImages,
  environment: requireFacts,
  onnx: requireVerification,
};

function requireFacts(where: string, name: string, value: unknown): void {
  requirePlain(where, name, value);
  for (const [key, fact] of Object.entries(value))
    if (fact !== undefined && typeof fact !== 'number') requireString(where, `${name}.${key}`, fact);
}

function requireHistory(where: string, name: string, value: unknown): void {
  const given = value as Partial<History> | null;
  if (typeof value !== 'object' || !Array.isArray(given?.losses) || !Array.isArray(given.epochs))
    throw wrongArgument(where, name, 'the history that fit() returns', value);
}

function requireEvaluation(where: string, name: string, value: unknown): void {
  const given = value as Partial<ClassificationEvaluation> | null;
  if (typeof value !== 'object' || given?.confusionMatrix === undefined || given.predictions === undefined)
    throw wrongArgument(where, name, 'what evaluate() returns', value);
}

function requireImages(where: string, name: string, value: unknown): void {
  const given = value as Partial<NumericArray> | null;
  if (typeof value !== 'object' || !ArrayBuffer.isView(given?.data) || !Array.isArray(given.shape))
    throw wrongArgument(where, name, '{ data, shape }', value);
}

function requireVerification(where: string, name: string, value: unknown): void {
  requirePlain(where, name, value);
  requireBoolean(where, `${name}.passed`, value['passed']);
  requireString(where, `${name}.verdict`, value['verdict']);
  if (value['facts'] !== undefined) requireFacts(where, `${name}.facts`, value['facts']);
}
