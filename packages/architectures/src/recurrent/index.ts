/** Recurrent networks. */
export type { AttentionName } from './attention.ts';
export type { RecurrentCellName, RecurrentState } from './cell.ts';
export { RecurrentClassifier, type RecurrentClassifierOptions } from './classifier.ts';
export { RecurrentForecaster, type Forecast, type RecurrentForecasterOptions } from './forecaster.ts';
export { RecurrentLanguageModel, type RecurrentLanguageModelOptions, type RecurrentLogits } from './language-model.ts';
export {
  SequenceToSequence,
  type Decoded,
  type SequenceToSequenceOptions,
  type SourceMemory,
} from './sequence-to-sequence.ts';
export type { StateCache } from './state-cache.ts';
