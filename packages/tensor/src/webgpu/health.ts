/** What has gone wrong on a device and has not been told yet. */
import { DeviceError, DeviceLostError, OutOfMemoryError, WebgpuError, type HebbError } from '../graph/errors.ts';

export class Health {
  #lost: DeviceLostError | undefined;
  #failure: HebbError | undefined;

  constructor(device: GPUDevice) {
    void device.lost.then(({ reason, message }) => {
      const why = message === '' ? reason : message;
      this.#lost = new DeviceLostError(`the WebGPU device was lost: ${why}`, {
        hint: 'Everything on the device is gone. Create the device again and restore from a checkpoint.',
      });
    });
    device.addEventListener('uncapturederror', (event) => {
      // Keeps browsers from logging it as well: it is reported to the caller.
      event.preventDefault();
      const { error } = event;
      this.report(
        // By name, since Dawn in Node has no globals.
        error.constructor.name === 'GPUOutOfMemoryError'
          ? new OutOfMemoryError(`The WebGPU device has no memory left: ${error.message}`)
          : new WebgpuError(`the WebGPU device reported an error: ${error.message}`),
      );
    });
  }

  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** Remembers a failure for whoever waits next. The first one counts: later ones tend to follow from it. */
  report(error: unknown): void {
    this.#failure ??= asError(error);
  }

  /** The error to reject with: the loss of the device for ever, any other failure once. */
  take(): HebbError | undefined {
    const error = this.#lost ?? this.#failure;
    this.#failure = undefined;
    return error;
  }

  /** The error for an operation that failed with `cause`, perhaps because the device is about to be reported lost. */
  async explain(cause: unknown): Promise<HebbError> {
    if (!this.lost) await new Promise((resolve) => setTimeout(resolve, 0));
    return this.take() ?? asError(cause);
  }
}

function asError(error: unknown): HebbError {
  if (error instanceof DeviceError) return error;
  return new WebgpuError(`the WebGPU device failed: ${error instanceof Error ? error.message : String(error)}`);
}
