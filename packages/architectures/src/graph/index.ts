/** Networks on graphs. */
export { GAT, type GATOptions } from './gat.ts';
export { GCN, type GCNOptions } from './gcn.ts';
export { GIN, type GINOptions } from './gin.ts';
export { GraphClassifier, type GraphClassifierOptions } from './graph-classifier.ts';
export { LinkPredictor, type LinkPredictorOptions } from './link-predictor.ts';
export type { GraphEncoder, GraphNetworkOptions } from './network.ts';
export { GraphSAGE, type GraphSAGEOptions } from './sage.ts';
