/**
 * The formulas of elementwise primitives as ONNX export writes them (subpath `@hebb/tensor/formulas`). Not for users. Apart from the graph, because bundlers that split
 * load with an entry all that it exports and a device needs.
 */
export { formulas, type Arithmetic, type Formula, type FormulaPrimitive } from './graph/formulas.ts';
