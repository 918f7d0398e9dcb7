/** Layers that act while a model trains. */
export { AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, DropPath, FeatureAlphaDropout } from './dropout.ts';
