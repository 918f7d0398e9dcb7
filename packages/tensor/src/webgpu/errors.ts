/** What can go wrong on a WebGPU device after it was acquired; both reject the next `synchronize` or `read`. */
import { DeviceError } from '../graph/errors.ts';

/** The device refused something: a kernel that does not compile, memory that is not there, a validation error. */
export class WebgpuError extends DeviceError {}

/** The device is gone (driver reset, tab in the background, `destroy`); everything it held is lost. */
export class DeviceLostError extends DeviceError {}
