import type { ModuleTypes } from '@hebb/layers';
import { RecurrentClassifier } from './classifier.ts';
import { RecurrentForecaster } from './forecaster.ts';
import { RecurrentLanguageModel } from './language-model.ts';
import { SequenceToSequence } from './sequence-to-sequence.ts';

/** The classes of this family. */
export const recurrentTypes: ModuleTypes = {
  RecurrentClassifier,
  RecurrentForecaster,
  RecurrentLanguageModel,
  SequenceToSequence,
};
