/** The times of the dispatches of a plan, by timestamp queries: each dispatch is a pass of its own, at whose begin and end the device writes what its clock says. */
import type { StepTime } from '../runtime/observation.ts';

/** Of WebGPU, whose constants are globals only in browsers. */
const usage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, queryResolve: 0x200 } as const;
const mapModeRead = 1;
/** Queries of one set; two a dispatch. */
const setSize = 512;

interface Queries {
  readonly set: GPUQuerySet;
  /** The step of each pair of queries that has been given away. */
  readonly steps: number[];
}

export class StepTimer {
  readonly #device: GPUDevice;
  #queries: Queries[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Where the pass of a dispatch of this step writes its times. */
  writes(step: number): GPUComputePassTimestampWrites {
    let last = this.#queries.at(-1);
    if (last === undefined || 2 * last.steps.length === setSize) {
      last = { set: this.#device.createQuerySet({ type: 'timestamp', count: setSize }), steps: [] };
      this.#queries.push(last);
    }
    const pair = last.steps.push(step) - 1;
    return { querySet: last.set, beginningOfPassWriteIndex: 2 * pair, endOfPassWriteIndex: 2 * pair + 1 };
  }

  /** The times since it was asked last, all of which must have been submitted. */
  async take(): Promise<StepTime[]> {
    const queries = this.#queries;
    this.#queries = [];
    const times: StepTime[] = [];
    for (const { set, steps } of queries) {
      const bytes = 16 * steps.length;
      const resolved = this.#device.createBuffer({ size: bytes, usage: usage.queryResolve | usage.copySource });
      const staging = this.#device.createBuffer({ size: bytes, usage: usage.mapRead | usage.copyTarget });
      const encoder = this.#device.createCommandEncoder();
      encoder.resolveQuerySet(set, 0, 2 * steps.length, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
      this.#device.queue.submit([encoder.finish()]);
      await staging.mapAsync(mapModeRead);
      const nanoseconds = new BigUint64Array(staging.getMappedRange().slice(0));
      staging.unmap();
      steps.forEach((step, i) => {
        const [begin = 0n, end = 0n] = [nanoseconds[2 * i], nanoseconds[2 * i + 1]];
        // Clocks of devices may be set back between two readings.
        times.push({
          step,
          begin: Number(begin) / 1e6,
          milliseconds: Math.max(0, Number(end - begin) / 1e6),
          threads: 1,
        });
      });
      for (const used of [set, resolved, staging]) used.destroy();
    }
    return times;
  }
}
