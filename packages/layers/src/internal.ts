/** What Hebb's other packages need beside the entry (subpath `@hebb/layers/internal`). Not for users. */
export { layerComposites } from './composites.ts';
export { modesOf } from './modes.ts';
