/** Modules of modules, of parameters, and of functions. */
export { ModuleDict } from './dict.ts';
export { Lambda, type LambdaOptions } from './lambda.ts';
export { ModuleList } from './list.ts';
export { ParameterDict } from './parameter-dict.ts';
export { ParameterList } from './parameter-list.ts';
export { Residual, type ResidualOptions } from './residual.ts';
export { Sequential } from './sequential.ts';
