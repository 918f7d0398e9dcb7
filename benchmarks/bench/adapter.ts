/** The adapter that contenders on WebGPU share, and what they ask of it: dispatches and bytes, counted at the interface of WebGPU, where all of them look alike. */

/** What a run asks of the device. */
export interface Work {
  readonly dispatches: number;
  readonly submissions: number;
  /** Bytes that dispatches can see: the sizes of their bindings, uniforms included, those of a dispatch after the other. What a shader reads again and again counts once, what it leaves alone counts, too. */
  readonly bound: number;
  /** Bytes from the host to the device: written by the queue, or into buffers that are mapped as they are made. */
  readonly uploaded: number;
  /** Bytes that are mapped for reading. */
  readonly read: number;
  /** Bytes of copies between buffers, those for reading included. */
  readonly copied: number;
}

type Method = (this: object, ...args: unknown[]) => unknown;
type Prototype = Record<string, Method>;

/** Classes of WebGPU by name, of which methods are replaced. */
export type Classes = Readonly<Record<string, { readonly prototype: object }>>;

const mapModeRead = 1;

/** Bytes that an entry of a bind group shows: a buffer or a range of one; textures and samplers are none. */
function bytesOf(resource: unknown): number {
  if (typeof resource !== 'object' || resource === null) return 0;
  const { buffer = resource, offset = 0, size } = resource as { buffer?: { size?: number }; offset?: number; size?: number }; // prettier-ignore
  const whole = (buffer as { size?: number }).size;
  if (buffer !== resource && size !== undefined) return size;
  return typeof whole === 'number' ? whole - offset : 0;
}

/** Bytes of what `writeBuffer` writes: whole, or a part counted in the array's elements. */
function bytesWritten(data: ArrayBuffer | ArrayBufferView, from = 0, count?: number): number {
  const unit = 'BYTES_PER_ELEMENT' in data ? (data.BYTES_PER_ELEMENT as number) : 1;
  return count === undefined ? data.byteLength - from * unit : count * unit;
}

/** Counts what is asked of WebGPU. Sizes of bind groups are kept from the beginning, since they are made long before they are used; the rest is watched only while a run is counted, so that no other run pays for it. */
export class WorkCounter {
  readonly #classes: Classes;
  readonly #groups = new WeakMap<object, number>();

  /** @param classes those whose objects are watched */
  constructor(classes: Classes) {
    this.#classes = classes;
    this.#replace('GPUDevice', 'createBindGroup', (original) => {
      const groups = this.#groups;
      return function (...args) {
        const group = original.apply(this, args) as object;
        const { entries } = args[0] as { entries: Iterable<{ resource: unknown }> };
        let bytes = 0;
        for (const { resource } of entries) bytes += bytesOf(resource);
        groups.set(group, bytes);
        return group;
      };
    });
  }

  /** What `run` asks for until its promise is kept. */
  async count(run: () => Promise<unknown>): Promise<Work> {
    const work = { dispatches: 0, submissions: 0, bound: 0, uploaded: 0, read: 0, copied: 0 };
    const passes = new WeakMap<object, Map<unknown, number>>();
    const [groups, undo]: [WeakMap<object, number>, (() => void)[]] = [this.#groups, []];
    const watch = (name: string, method: string, see: (self: object, args: unknown[]) => void): void => {
      const wrap = (original: Method): Method =>
        function (...args) {
          see(this, args);
          return original.apply(this, args);
        };
      undo.push(this.#replace(name, method, wrap));
    };
    const dispatch = (pass: object): void => {
      work.dispatches++;
      for (const bytes of passes.get(pass)?.values() ?? []) work.bound += bytes;
    };
    watch('GPUComputePassEncoder', 'setBindGroup', (pass, [index, group]) => {
      const bound = passes.get(pass) ?? new Map<unknown, number>();
      bound.set(index, groups.get(group as object) ?? 0);
      passes.set(pass, bound);
    });
    watch('GPUComputePassEncoder', 'dispatchWorkgroups', dispatch);
    watch('GPUComputePassEncoder', 'dispatchWorkgroupsIndirect', dispatch);
    watch('GPUQueue', 'submit', () => void work.submissions++);
    watch('GPUQueue', 'writeBuffer', (_, [, , data, from, count]) => void (work.uploaded += bytesWritten(data as ArrayBuffer, from as number | undefined, count as number | undefined))); // prettier-ignore
    watch('GPUDevice', 'createBuffer', (_, [descriptor]) => {
      const { size, mappedAtCreation } = descriptor as { size: number; mappedAtCreation?: boolean };
      if (mappedAtCreation === true) work.uploaded += size;
    });
    // Without offsets it is (source, target, size).
    watch('GPUCommandEncoder', 'copyBufferToBuffer', (_, args) => {
      const [source, from] = args as [{ size: number }, unknown];
      const size = (typeof from === 'object' ? args[2] : args[4]) as number | undefined;
      work.copied += size ?? source.size - (typeof from === 'number' ? from : 0);
    });
    watch('GPUBuffer', 'mapAsync', (self, [mode, offset = 0, size]) => {
      const whole = (self as { size: number }).size;
      if (mode === mapModeRead) work.read += (size as number | undefined) ?? whole - (offset as number);
    });
    try {
      await run();
    } finally {
      for (const each of undo.reverse()) each();
    }
    return work;
  }

  /** Puts another method in the place of one, if there is one; gives what puts it back. */
  #replace(name: string, method: string, wrap: (original: Method) => Method): () => void {
    const prototype = this.#classes[name]?.prototype as Prototype | undefined;
    const original = prototype?.[method];
    if (prototype === undefined || original === undefined) throw new Error(`There is no ${name}.${method} to count.`);
    prototype[method] = wrap(original);
    return () => void (prototype[method] = original);
  }
}

export interface Adapter {
  readonly name: string;
  readonly counter: WorkCounter;
}

/** Gives this process `navigator.gpu` and WebGPU's constants, as a browser has them, by Dawn. @throws Error where there is no adapter */
export async function provideAdapter(): Promise<Adapter> {
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new Error('no driver offers an adapter of WebGPU');
  if (typeof navigator === 'undefined') {
    // As later versions of Node have it.
    const value = { userAgent: `Node.js/${process.versions.node.split('.')[0]}` };
    Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
  }
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  const { description, device, vendor } = adapter.info;
  return { name: description || device || vendor, counter: new WorkCounter(globals as unknown as Classes) };
}
