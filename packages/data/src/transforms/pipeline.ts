/** Transforms one after another. */
import { requireArray } from '@hebb/tensor/arguments';
import type { NumericArray } from '../arrays.ts';
import type { JsonValue } from '../batches.ts';
import { DataError, show } from '../errors.ts';
import { printable, transformText } from '../print.ts';
import { Table } from '../table.ts';
import { JsonReader, type AnyTransform, type Transform, type TransformJSON } from './transform.ts';

/**
 * Transforms one after another as one: `fit` fits the first, transforms, fits the second on that, and so on; `inverseTransform` goes back from the last. A step that
 * takes arrays gets a table's columns as a matrix.
 *
 * Source: `sklearn.pipeline.Pipeline`.
 *
 * ```ts
 * import { Imputer, Pipeline, StandardScaler } from '@hebb/data';
 *
 * const pipeline = new Pipeline([new Imputer({ strategy: 'median' }), new StandardScaler()]);
 * const x = { data: Float64Array.of(1, NaN, 3), shape: [3, 1] };
 * pipeline.fitTransform(x).data[1]; // 0: the median is the mean
 * ```
 *
 * @throws DataError if there is no step, or if one is no transform
 */
export class Pipeline<In = NumericArray | Table, Out = NumericArray> implements Transform<In, Out> {
  static readonly type = 'Pipeline';

  readonly steps: readonly AnyTransform[];
  readonly takesTable: boolean;

  constructor(steps: readonly AnyTransform[]) {
    requireArray('Pipeline', 'steps', steps);
    if (steps.length === 0) throw new DataError('[Pipeline] expected at least one step.');
    steps.forEach((step, i) => requireTransform('Pipeline', `step ${i}`, step));
    this.steps = [...steps];
    this.takesTable = steps[0]?.takesTable === true;
    printable(this);
  }

  fit(x: In): this {
    let value: unknown = x;
    for (const [i, step] of this.steps.entries()) {
      const taken = feed(step, value);
      step.fit(taken);
      if (i < this.steps.length - 1) value = step.transform(taken);
    }
    return this;
  }

  transform(x: In): Out {
    let value: unknown = x;
    for (const step of this.steps) value = step.transform(feed(step, value));
    return value as Out;
  }

  /** `fit(x).transform(x)`, without transforming twice. */
  fitTransform(x: In): Out {
    let value: unknown = x;
    for (const step of this.steps) {
      const taken = feed(step, value);
      step.fit(taken);
      value = step.transform(taken);
    }
    return value as Out;
  }

  inverseTransform(y: Out): In {
    let value: unknown = y;
    for (const step of [...this.steps].reverse()) value = step.inverseTransform(value as never);
    return value as In;
  }

  /** Its class, options and what it has learnt, as `console.log` prints it. */
  toString(): string {
    return transformText(this.toJSON());
  }

  toJSON(): TransformJSON {
    return { type: Pipeline.type, steps: this.steps.map((step) => step.toJSON()) };
  }

  /** The pipeline that {@link toJSON} was called on; `build` makes its steps. @throws DataError for anything else */
  static fromJSON(json: TransformJSON, build: (json: JsonValue) => AnyTransform): Pipeline {
    return new Pipeline(new JsonReader(Pipeline.type, json).list('steps').map(build));
  }
}

/** What a transform takes of a value: of a table the matrix of its columns, unless it takes tables. */
export function feed(step: AnyTransform, value: unknown): never {
  return (value instanceof Table && step.takesTable !== true ? value.columns() : value) as never;
}

/** @throws DataError for what is no transform */
export function requireTransform(where: string, name: string, value: unknown): void {
  const { fit, transform, inverseTransform, toJSON } = Object(value) as Partial<Record<keyof AnyTransform, unknown>>;
  if ([fit, transform, inverseTransform, toJSON].every((method) => typeof method === 'function')) return;
  throw new DataError(`[${where}] ${name} must be a transform, got ${show(value)}.`, {
    hint: 'A transform has fit, transform, inverseTransform and toJSON; StandardScaler is one.',
  });
}
