/** What recorded computations cost (subpath `@hebb/tensor/costs`): for the summary of a model, not for users. */
export { placeholder, recordCosts, type Cost, type Costs } from './costs/record.ts';
export { bytesOf } from './costs/memory.ts';
export { inLayer } from './graph/origins.ts';
export { formatBytes } from './graph/types.ts';
export { recordFlow, type FlowValue } from './costs/flow.ts';
