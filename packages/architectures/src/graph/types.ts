import type { ModuleTypes } from '@hebb/layers';
import { GAT } from './gat.ts';
import { GCN } from './gcn.ts';
import { GIN } from './gin.ts';
import { GraphClassifier } from './graph-classifier.ts';
import { LinkPredictor } from './link-predictor.ts';
import { GraphSAGE } from './sage.ts';

/** The classes of this family. */
export const graphTypes: ModuleTypes = { GAT, GCN, GIN, GraphClassifier, GraphSAGE, LinkPredictor };
