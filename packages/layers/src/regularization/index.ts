/** Layers that act while a model trains. */
export { Dropout } from './dropout.ts';
