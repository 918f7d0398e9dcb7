/** Layers on graphs, which are lists of edges. */
export type { Aggregation } from './aggregate.ts';
export { GATConv, type GATConvOptions } from './gat.ts';
export { GATv2Conv, type GATv2ConvOptions } from './gatv2.ts';
export { GCNConv, gcnNorm, type GCNConvOptions, type GcnNormOptions } from './gcn.ts';
export { GINConv, type GINConvOptions } from './gin.ts';
export { joinGraphs, type GraphTensors, type JoinedGraphs } from './join.ts';
export { MessagePassing, type Edges } from './message-passing.ts';
export { NNConv, type NNConvOptions } from './nnconv.ts';
export { GraphAttentionPool, GraphPool } from './pooling.ts';
export { SAGEConv, type SAGEConvOptions } from './sage.ts';
