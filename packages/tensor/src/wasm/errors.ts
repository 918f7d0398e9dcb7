/** What can go wrong on the WebAssembly device besides wrong arguments. */
import { DeviceError } from '../graph/errors.ts';

/** The memory cannot grow any further. */
export class OutOfMemoryError extends DeviceError {}
