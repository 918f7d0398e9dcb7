import { linear } from '../linear/linear.ts';

/**
 * What layers record as one operation, for whoever walks a graph and has an operation of its own for it: a walker knows the definition by
 * the object. ONNX export does.
 */
export const layerComposites: { readonly linear: typeof linear } = { linear };
