/** Compiled shaders by their text, so that kernels of one form share a pipeline, within a plan and between plans. */
import { WebgpuError } from '../graph/errors.ts';
import type { Dispatch } from './schedule/lower.ts';

export interface Pipeline {
  readonly layout: GPUBindGroupLayout;
  /** Set when compiled. */
  gpu: GPUComputePipeline | undefined;
  /** Resolves when compiled, or to what went wrong. */
  readonly ready: Promise<WebgpuError | undefined>;
  readonly code: string;
  readonly key: string;
  users: number;
}

interface Layout {
  readonly group: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

/** How a binding is used, and whether its place moves from dispatch to dispatch. */
interface Access {
  readonly access: string;
  readonly moves: boolean;
}

/** Shaders of one text that see their buffers from fixed places, or from places that move. */
function keyOf({ shader, bindings }: Dispatch): string {
  return `${bindings.map(({ moves }) => (moves.length > 0 ? '*' : '.')).join('')} ${shader.code}`;
}

const stageCompute = 4;
/** Pipelines kept for later plans although no plan uses them now. */
const spareLimit = 256;

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Pipeline>();
  readonly #layouts = new Map<string, Layout>();
  readonly #spares = new Set<Pipeline>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Number of distinct shaders held. */
  get size(): number {
    return this.#pipelines.size;
  }

  acquire(step: Dispatch): Pipeline {
    const key = keyOf(step);
    let pipeline = this.#pipelines.get(key);
    if (pipeline === undefined) {
      pipeline = this.#create(step);
      this.#pipelines.set(key, pipeline);
    }
    this.#spares.delete(pipeline);
    pipeline.users++;
    return pipeline;
  }

  release(pipeline: Pipeline): void {
    pipeline.users--;
    if (pipeline.users > 0) return;
    this.#spares.add(pipeline);
    const [oldest] = this.#spares;
    if (this.#spares.size > spareLimit && oldest !== undefined) {
      this.#spares.delete(oldest);
      this.#pipelines.delete(oldest.key);
    }
  }

  #create(step: Dispatch): Pipeline {
    const { name, shader, bindings } = step;
    const key = keyOf(step);
    const layout = this.#layout(
      bindings.map(({ access, moves }) => ({ access, moves: moves.length > 0 })),
      shader.usesScalars,
    );
    // The scope keeps a faulty shader from being reported twice, and has the compiler's own words.
    this.#device.pushErrorScope('validation');
    const module = this.#device.createShaderModule({ label: name, code: shader.code });
    const complaint = this.#device.popErrorScope().catch(() => null);
    const compilation = this.#device.createComputePipelineAsync({
      label: name,
      layout: layout.pipeline,
      compute: { module, entryPoint: 'main' },
    });
    const pipeline: Pipeline = {
      layout: layout.group,
      gpu: undefined,
      code: shader.code,
      key,
      users: 0,
      ready: compilation.then(
        (gpu) => {
          pipeline.gpu = gpu;
          return undefined;
        },
        async (cause: unknown) => {
          // A later plan may try again.
          if (this.#pipelines.get(key) === pipeline) this.#pipelines.delete(key);
          const error = (await complaint) ?? cause;
          const reason =
            error instanceof Error || (error !== null && typeof error === 'object' && 'message' in error)
              ? error.message
              : String(error);
          return new WebgpuError(`[${name}] the kernel's shader does not compile on this WebGPU device: ${reason}`);
        },
      ),
    };
    return pipeline;
  }

  #layout(accesses: readonly Access[], usesScalars: boolean): Layout {
    const key = `${accesses.map(({ access, moves }) => `${access}${moves ? '*' : ''}`).join()}${usesScalars ? '+' : ''}`;
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      const entries: GPUBindGroupLayoutEntry[] = accesses.map(({ access, moves }, binding) => ({
        binding,
        visibility: stageCompute,
        buffer: { type: access === 'read' ? 'read-only-storage' : 'storage', hasDynamicOffset: moves },
      }));
      if (usesScalars)
        entries.push({ binding: accesses.length, visibility: stageCompute, buffer: { type: 'uniform' } });
      const group = this.#device.createBindGroupLayout({ entries });
      layout = { group, pipeline: this.#device.createPipelineLayout({ bindGroupLayouts: [group] }) };
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}
