/** Transforms made again of their JSON: the only file that knows all of them. */
import { listOf, wrongArgument, type Check } from '@hebb/tensor/arguments';
import type { JsonValue } from '../batches.ts';
import { DataError, show } from '../errors.ts';
import { ColumnTransformer } from './column-transformer.ts';
import { Imputer } from './imputer.ts';
import { LabelEncoder } from './label-encoder.ts';
import { OneHotEncoder } from './one-hot-encoder.ts';
import { Pipeline } from './pipeline.ts';
import { MinMaxScaler, StandardScaler } from './scaling.ts';
import type { AnyTransform, TransformJSON, TransformType } from './transform.ts';

const builtIn: readonly TransformType[] = [
  ColumnTransformer,
  Imputer,
  LabelEncoder,
  MinMaxScaler,
  OneHotEncoder,
  Pipeline,
  StandardScaler,
];

const requireType: Check = (where, name, value) => {
  const { type, fromJSON } = Object(value) as { type?: unknown; fromJSON?: unknown };
  if (typeof type !== 'string' || typeof fromJSON !== 'function')
    throw wrongArgument(where, name, "a class with 'static type' and 'static fromJSON'", value);
};

/**
 * The transform whose `toJSON` gave this, with all that it has learnt: it gives the same numbers, to the last bit.
 *
 * ```ts
 * import { StandardScaler, transformFromJSON } from '@hebb/data';
 *
 * const scaler = new StandardScaler().fit({ data: Float64Array.of(0.1, 0.7), shape: [2, 1] });
 * const text = JSON.stringify(scaler);
 * const same = transformFromJSON(JSON.parse(text)) as StandardScaler;
 * same.transform({ data: Float64Array.of(0.1), shape: [1, 1] }).data; // Float64Array [-1]
 * ```
 *
 * @param types classes of your own, each with `static type` and `static fromJSON(json, build)`
 * @throws DataError for what no transform gave
 */
export function transformFromJSON(json: JsonValue, types: readonly TransformType[] = []): AnyTransform {
  listOf(requireType)('transformFromJSON', 'types', types);
  const { type } = Object(json) as { type?: unknown };
  const known = [...types, ...builtIn];
  const found = known.find((each) => each.type === type);
  if (found === undefined) {
    throw new DataError(`[transformFromJSON] expected the JSON of a transform, got the type ${show(type)}.`, {
      hint: `There are ${known.map((each) => each.type).join(', ')}; hand over a class of your own: transformFromJSON(json, [MyTransform]).`,
    });
  }
  return found.fromJSON(json as TransformJSON, (part) => transformFromJSON(part, types));
}
