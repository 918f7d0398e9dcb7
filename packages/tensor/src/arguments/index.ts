/** Checks of arguments: what TypeScript refuses is refused when the program runs, too. */
export { describe } from './describe.ts';
export { requireFittingState } from './fitting-state.ts';
export { matches } from './matches.ts';
export { nearest } from './nearest.ts';
export { checkOptions, requireOptions, type OptionNames } from './options.ts';
export { mapStructure, type Structure, type StructureWalk } from './structure.ts';
export { ownTypeNameOf, typeNameOf } from './type-name.ts';
export {
  between,
  isPlain,
  listOf,
  oneOf,
  orNull,
  recordOf,
  requireArray,
  requireBoolean,
  requireBytes,
  requireFinite,
  requireFunction,
  requireInteger,
  requireList,
  requireNumber,
  requireObject,
  requireOneOf,
  requirePath,
  requirePlain,
  requireSignal,
  requireString,
  wrongArgument,
  type Check,
} from './values.ts';
