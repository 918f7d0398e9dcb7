/** Checks of arguments: what TypeScript refuses is refused when the program runs, too. */
export { describe } from './describe.ts';
export { nearest } from './nearest.ts';
export { checkOptions, requireOptions, type OptionNames } from './options.ts';
export { mapStructure, type Structure, type StructureWalk } from './structure.ts';
export {
  requireArray,
  requireBoolean,
  requireFinite,
  requireFunction,
  requireInteger,
  requireNumber,
  requireObject,
  requireOneOf,
  requireString,
  wrongArgument,
} from './values.ts';
