/** `@hebb/autograd`: gradients of everything that Hebb's tensors record. */
export {
  backward,
  customGradient,
  grad,
  stopGradient,
  valueAndGrad,
  vjp,
  type GradOptions,
  type Gradients,
  type Parameters,
} from './gradients.ts';
export type { TensorTree } from './structure.ts';
