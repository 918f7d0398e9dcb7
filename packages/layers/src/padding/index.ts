/** Borders. */
export {
  ConstantPad1d,
  ConstantPad2d,
  ConstantPad3d,
  ZeroPad1d,
  ZeroPad2d,
  ZeroPad3d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReflectionPad3d,
  ReplicationPad1d,
  ReplicationPad2d,
  ReplicationPad3d,
  CircularPad1d,
  CircularPad2d,
  CircularPad3d,
  type Border,
} from './padding.ts';
