/** The helper functions of the shaders together: the texts that a shader needs, in order. */
import { elementaryFunctions, type ElementaryFunction } from './elementary-functions.ts';
import { fixedPoint, type FixedPointFunction } from './fixed-point.ts';
import type { Helpers } from './helpers.ts';
import { halves, type HalfFunction } from './halves.ts';
import { integers, type IntegerFunction } from './integers.ts';
import { random, type RandomFunction } from './random.ts';
import { specialValues, type SpecialValueFunction } from './special-values.ts';

export type FunctionName =
  SpecialValueFunction | ElementaryFunction | IntegerFunction | HalfFunction | FixedPointFunction | RandomFunction;

const helpers: Helpers<FunctionName> = {
  ...specialValues,
  ...elementaryFunctions,
  ...integers,
  ...halves,
  ...fixedPoint,
  ...random,
};

/** The text of the functions and of what they need, each before its users. */
export function functionTexts(names: Iterable<FunctionName>): string[] {
  const ordered = new Set<FunctionName>();
  const visit = (name: FunctionName): void => {
    if (ordered.has(name)) return;
    for (const needed of helpers[name].needs) visit(needed);
    ordered.add(name);
  };
  for (const name of [...names].sort()) visit(name);
  return [...ordered].map((name) => helpers[name].text);
}
