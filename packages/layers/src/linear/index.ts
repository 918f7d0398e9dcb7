/** Linear maps, and layers that change the shape alone. */
export { LazyLinear } from './lazy-linear.ts';
export { Linear, type LinearOptions } from './linear.ts';
export { Flatten, Identity } from './shape.ts';
