/** `@hebb/autograd`: gradients of everything that Hebb's tensors record. */
export {
  backward,
  customGradient,
  grad,
  stopGradient,
  valueAndGrad,
  type Gradients,
  type Parameters,
} from './gradients.ts';
export type { GradOptions } from './preparation.ts';
export { hvp, jvp, vjp } from './directions.ts';
export type { TensorTree } from './structure.ts';
