/** `@hebb/autograd`: gradients of everything that Hebb's tensors record. */
export { backward, grad, stopGradient, valueAndGrad, type Gradients, type Parameters } from './gradients.ts';
export type { GradOptions } from './preparation.ts';
export { AnomalyError, detectAnomaly } from './anomaly.ts';
export { checkpoint } from './checkpoint.ts';
export { customGradient } from './custom-gradient.ts';
export { hessian, jacobian, type HessianOptions, type JacobianOptions } from './jacobians.ts';
export { hvp, jvp, vjp, type JvpOptions, type VjpOptions } from './directions.ts';
export type { ExampleAxes, ExampleAxis } from './example-axes.ts';
export { vmap, type VmapOptions } from './vmap.ts';
export type { TensorTree } from './structure.ts';
