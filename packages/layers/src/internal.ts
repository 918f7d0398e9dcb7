/** What Hebb's other packages need beside the entry (subpath `@hebb/layers/internal`). Not for users. */
export { requireEvaluating } from './generation/model.ts';
export { modesOf } from './module/modes.ts';
export {
  layerDefinitions as recurrentDefinitions,
  readInputs as readRecurrentInputs,
  type LayerAttributes as RecurrentAttributes,
} from './recurrent/recurrence.ts';
