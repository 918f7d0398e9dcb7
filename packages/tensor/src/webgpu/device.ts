/** Finds a WebGPU device: the browser's own, or Dawn through the optional package `webgpu` in Node. */
import { importOptional } from './optional.js';
import { defaultLimits, gpuProfile, softwareProfile, type DeviceLimits, type DeviceProfile } from './profile.ts';

export interface Acquired {
  readonly device: GPUDevice;
  readonly description: string;
  readonly limits: DeviceLimits;
  readonly profile: DeviceProfile;
  /** Whether shaders may have float16. */
  readonly halves: boolean;
  /** Whether it tells when dispatches begin and end. */
  readonly timestamps: boolean;
}

export interface Unavailable {
  readonly unavailable: string;
}

export interface AcquireOptions {
  readonly allowSoftware: boolean;
  /** Asks for no more than every WebGPU implementation offers, without float16. */
  readonly defaultLimits?: boolean;
}

export async function acquireDevice(options: AcquireOptions): Promise<Acquired | Unavailable> {
  if (!options.allowSoftware && !mayHaveGraphicsProcessor()) {
    return { unavailable: 'no graphics processor is here' };
  }
  const gpu = await findImplementation();
  if ('unavailable' in gpu) return gpu;
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) return { unavailable: 'no driver offers an adapter' };
    const software = isSoftware(adapter.info);
    if (software && !options.allowSoftware) {
      return { unavailable: `only a software adapter is here (${nameOf(adapter.info)})` };
    }
    const wanted = options.defaultLimits === true ? {} : limitsOf(adapter.limits);
    const halves = options.defaultLimits !== true && adapter.features.has('shader-f16');
    const requiredFeatures: GPUFeatureName[] = halves ? ['shader-f16'] : [];
    const timestamps = options.defaultLimits !== true && adapter.features.has('timestamp-query');
    if (timestamps) requiredFeatures.push('timestamp-query');
    const device = await adapter.requestDevice({ requiredLimits: wanted, requiredFeatures });
    return {
      device,
      description: `${nameOf(adapter.info)}${software ? ' (software)' : ''}`,
      limits: deviceLimits(device.limits),
      profile: software ? softwareProfile : gpuProfile,
      halves,
      timestamps,
    };
  } catch (error) {
    return { unavailable: `no device (${firstLine(error)})` };
  }
}

/** Node's own object, asked for without a name that bundlers would fill in. */
const node = (globalThis as { process?: Partial<NodeJS.Process> }).process;

/**
 * On Linux a graphics processor is reached through a file in /dev. Where there is none, Dawn is not asked for a hardware adapter: it takes
 * a while to load, and writes warnings of its own to the standard error where it finds no driver.
 */
function mayHaveGraphicsProcessor(): boolean {
  if (node?.platform !== 'linux') return true;
  const files = node.getBuiltinModule?.('node:fs');
  if (files === undefined) return true;
  const list = (folder: string): string[] => (files.existsSync(folder) ? files.readdirSync(folder) : []);
  try {
    return (
      list('/dev/dri').some((name) => name.startsWith('renderD')) ||
      list('/dev').some((name) => /^(?:nvidia\d|nvhost|nvgpu|nvmap|dxg|kgsl|mali|pvr)/.test(name))
    );
  } catch {
    return true;
  }
}

/** Dawn, started once: drivers do not like to come and go within a process. */
let dawn: GPU | undefined;

async function findImplementation(): Promise<GPU | Unavailable> {
  if (typeof navigator !== 'undefined' && 'gpu' in navigator && navigator.gpu !== undefined) return navigator.gpu;
  if (node?.versions?.node === undefined) {
    return { unavailable: 'this environment has no navigator.gpu' };
  }
  if (dawn !== undefined) return dawn;
  let library: { create(flags: string[]): GPU };
  try {
    library = (await importOptional('webgpu')) as typeof library;
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    return {
      unavailable: missing
        ? 'the optional package `webgpu`, which has it for Node, is not installed (npm install webgpu)'
        : `the package \`webgpu\` does not load (${firstLine(error)})`,
    };
  }
  try {
    dawn ??= library.create([]);
    return dawn;
  } catch (error) {
    return { unavailable: `Dawn does not start (${firstLine(error)})` };
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

function nameOf(info: GPUAdapterInfo): string {
  return (
    info.description || info.device || [info.vendor, info.architecture].filter(Boolean).join(' ') || 'unnamed adapter'
  );
}

/** Adapters that compute on the processor say so in one field or another. */
export function isSoftware(
  info: Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description'> & { isFallbackAdapter?: boolean },
): boolean {
  if (info.isFallbackAdapter === true) return true;
  const words = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b|\bcpu\b/i.test(words);
}

/** The adapter's limits that make kernels better, to be asked for. */
function limitsOf(limits: GPUSupportedLimits): Record<string, number> {
  return {
    maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
    maxDynamicStorageBuffersPerPipelineLayout: limits.maxDynamicStorageBuffersPerPipelineLayout,
    minStorageBufferOffsetAlignment: limits.minStorageBufferOffsetAlignment,
    maxBufferSize: limits.maxBufferSize,
    maxUniformBufferBindingSize: limits.maxUniformBufferBindingSize,
    maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
  };
}

function deviceLimits(limits: GPUSupportedLimits): DeviceLimits {
  return {
    storageBuffers: limits.maxStorageBuffersPerShaderStage ?? defaultLimits.storageBuffers,
    bindingBytes: limits.maxStorageBufferBindingSize,
    movingBuffers: limits.maxDynamicStorageBuffersPerPipelineLayout ?? defaultLimits.movingBuffers,
    offsetAlignment: limits.minStorageBufferOffsetAlignment ?? defaultLimits.offsetAlignment,
    bufferBytes: limits.maxBufferSize,
    uniformBytes: limits.maxUniformBufferBindingSize,
    workgroupInvocations: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
    workgroupBytes: limits.maxComputeWorkgroupStorageSize,
    workgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
  };
}
