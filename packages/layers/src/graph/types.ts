/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import { GATConv } from './gat.ts';
import { GATv2Conv } from './gatv2.ts';
import { GCNConv } from './gcn.ts';
import { GINConv } from './gin.ts';
import { NNConv } from './nnconv.ts';
import { GraphAttentionPool, GraphPool } from './pooling.ts';
import { SAGEConv } from './sage.ts';

export const graphTypes = (): ModuleTypes => ({
  GATConv,
  GATv2Conv,
  GCNConv,
  GINConv,
  GraphAttentionPool,
  GraphPool,
  NNConv,
  SAGEConv,
});
