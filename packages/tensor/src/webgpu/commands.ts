/**
 * Commands on their way to the device. Runs that follow each other share an encoder and a pass, because a submission costs as much as ten
 * kernels: it is sent when the device has nothing to do, when it is large enough, before anything that has to come after it, and at the end of
 * the caller's turn.
 */
import { dispatchesPerSubmission, type Flight } from './queue.ts';

export class Commands {
  readonly #device: GPUDevice;
  readonly #flight: Flight;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #dispatches = 0;
  #isScheduled = false;
  /** What the pass has been told last. */
  #pipeline: GPUComputePipeline | undefined;
  #group: GPUBindGroup | undefined;

  constructor(device: GPUDevice, flight: Flight) {
    this.#device = device;
    this.#flight = flight;
  }

  /** `offsets`: of those bindings that are seen from another place at every dispatch. With `timestamps` the dispatch is a pass of its own that writes them. */
  dispatch(
    pipeline: GPUComputePipeline,
    group: GPUBindGroup,
    [x, y]: readonly [number, number],
    offsets?: readonly number[],
    timestamps?: GPUComputePassTimestampWrites,
  ): void {
    if (timestamps !== undefined) this.#endPass();
    let pass = this.#pass;
    if (pass === undefined) {
      pass = this.#pass = this.#open().beginComputePass(timestamps && { timestampWrites: timestamps });
      this.#pipeline = undefined;
      this.#group = undefined;
    }
    if (pipeline !== this.#pipeline) {
      pass.setPipeline(pipeline);
      this.#pipeline = pipeline;
    }
    if (group !== this.#group || offsets !== undefined) {
      // Browsers refuse an argument that is there and undefined.
      if (offsets === undefined) pass.setBindGroup(0, group);
      else pass.setBindGroup(0, group, offsets);
      this.#group = group;
    }
    pass.dispatchWorkgroups(x, y);
    if (timestamps !== undefined) this.#endPass();
    if (++this.#dispatches === dispatchesPerSubmission) this.submit();
  }

  copy(source: GPUBuffer, from: number, target: GPUBuffer, to: number, bytes: number): void {
    this.#endPass();
    this.#open().copyBufferToBuffer(source, from, target, to, bytes);
  }

  /** Sends what there is now if the device waits for it, else no later than at the end of this turn. */
  conclude(): void {
    if (this.#encoder === undefined) return;
    if (this.#flight.empty) {
      this.submit();
      return;
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.submit();
    });
  }

  /** Sends what there is. Whatever is done to a buffer that commands may use, writing to it or destroying it, comes after this. */
  submit(): void {
    if (this.#encoder === undefined) return;
    this.#endPass();
    const commands = this.#encoder.finish();
    this.#encoder = undefined;
    this.#device.queue.submit([commands]);
    this.#flight.depart(this.#dispatches);
    this.#dispatches = 0;
  }

  #open(): GPUCommandEncoder {
    return (this.#encoder ??= this.#device.createCommandEncoder());
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }
}
