/** Class labels as numbers, and back. */
import { requireList } from '@hebb/tensor/arguments';
import { DataError, show } from '../errors.ts';
import { classesOf, numbersOf } from '../labels.ts';
import { printable, transformText } from '../print.ts';
import { JsonReader, notFitted, type Transform, type TransformJSON } from './transform.ts';

/**
 * Numbers the distinct values in ascending order, as {@link labelEncode} does, remembers them, and turns numbers back into them.
 *
 * Source: `sklearn.preprocessing.LabelEncoder`.
 *
 * ```ts
 * import { LabelEncoder } from '@hebb/data';
 *
 * const encoder = new LabelEncoder().fit(['cat', 'ant', 'cat']);
 * encoder.classes; // ['ant', 'cat']
 * encoder.transform(['cat', 'cat', 'ant']); // Int32Array [1, 1, 0]
 * encoder.inverseTransform([0, 1]); // ['ant', 'cat']
 * ```
 *
 * Methods throw DataError for missing values, for values that are none of the classes, for numbers that are no label, and before `fit`.
 */
export class LabelEncoder implements Transform<ArrayLike<string | number | null>, ArrayLike<number>> {
  static readonly type = 'LabelEncoder';

  /** The classes in the order of their numbers; empty before `fit`. */
  classes: readonly (string | number)[] = [];

  constructor() {
    printable(this);
  }

  fit(values: ArrayLike<string | number | null>): this {
    requireList('LabelEncoder', 'values', values);
    if (values.length === 0) throw new DataError('[LabelEncoder] fit takes at least one value, got none.');
    this.classes = classesOf('LabelEncoder', values);
    return this;
  }

  /** The number of each value. */
  transform(values: ArrayLike<string | number | null>): Int32Array {
    requireList('LabelEncoder', 'values', values);
    this.#requireFitted();
    return numbersOf('LabelEncoder', values, this.classes);
  }

  /** `fit(values).transform(values)`. */
  fitTransform(values: ArrayLike<string | number | null>): Int32Array {
    return this.fit(values).transform(values);
  }

  /** The class of each number. */
  inverseTransform(labels: ArrayLike<number>): (string | number)[] {
    requireList('LabelEncoder', 'labels', labels);
    this.#requireFitted();
    return Array.from(labels, (label, i) => {
      const value = this.classes[label];
      if (value === undefined)
        throw new DataError(`[LabelEncoder] label ${i} is ${show(label)}; labels are 0 to ${this.classes.length - 1}.`);
      return value;
    });
  }

  /** Its class and classes, as `console.log` prints it. */
  toString(): string {
    return transformText(this.toJSON());
  }

  toJSON(): TransformJSON {
    return { type: LabelEncoder.type, classes: this.classes };
  }

  /** The encoder that {@link toJSON} was called on. @throws DataError for anything else */
  static fromJSON(json: TransformJSON): LabelEncoder {
    const encoder = new LabelEncoder();
    encoder.classes = new JsonReader(LabelEncoder.type, json).values('classes');
    return encoder;
  }

  #requireFitted(): void {
    if (this.classes.length === 0) throw notFitted(LabelEncoder.type);
  }
}
