import * as api from '../../../../packages/layers/src/index.ts';
import type { Samples } from '../catalogue.ts';
import { of, x } from '../sample.ts';

const line = [x(['batch', 2, 5])];
const image = [x(['batch', 2, 4, 3])];
const volume = [x(['batch', 1, 3, 2, 3])];

export const padding = {
  ConstantPad1d: of(() => new api.ConstantPad1d([2, 1], 0.5), line, 'any'),
  ConstantPad2d: of(() => new api.ConstantPad2d([2, -1, 0, 1], -2), image, 'any'),
  ConstantPad3d: of(() => new api.ConstantPad3d(1, 3), volume, 'any'),
  ZeroPad1d: of(() => new api.ZeroPad1d(2), line, 'any'),
  ZeroPad2d: of(() => new api.ZeroPad2d([1, 0, 2, 1]), image, 'any'),
  ZeroPad3d: of(() => new api.ZeroPad3d(1), volume, 'any'),
  ReflectionPad1d: of(() => new api.ReflectionPad1d([3, 1]), line, 'any'),
  ReflectionPad2d: of(() => new api.ReflectionPad2d([1, 2, 3, 0]), image, 'any'),
  ReflectionPad3d: of(() => new api.ReflectionPad3d(1), volume, 'any'),
  ReplicationPad1d: of(() => new api.ReplicationPad1d([3, 1]), line, 'any'),
  ReplicationPad2d: of(() => new api.ReplicationPad2d([1, 2, 3, 0]), image, 'any'),
  ReplicationPad3d: of(() => new api.ReplicationPad3d(1), volume, 'any'),
  CircularPad1d: of(() => new api.CircularPad1d([3, 1]), line, 'any'),
  CircularPad2d: of(() => new api.CircularPad2d([1, 2, 3, 0]), image, 'any'),
  CircularPad3d: of(() => new api.CircularPad3d(1), volume, 'any'),
} satisfies Partial<Samples>;
