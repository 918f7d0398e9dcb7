/** What schedules need to know of a device: its limits, and a table of shapes per class of device. */

export interface DeviceLimits {
  /** Storage buffers that one kernel can have. */
  readonly storageBuffers: number;
  /** Bytes of a buffer that a kernel can see through one binding. */
  readonly bindingBytes: number;
  /** Storage buffers of one kernel that may be seen from another place at every dispatch, and the bytes of which such places are multiples. */
  readonly movingBuffers: number;
  readonly offsetAlignment: number;
  readonly bufferBytes: number;
  readonly uniformBytes: number;
  readonly workgroupInvocations: number;
  readonly workgroupBytes: number;
  readonly workgroupsPerDimension: number;
}

/** The limits that every WebGPU implementation offers. */
export const defaultLimits: DeviceLimits = {
  storageBuffers: 8,
  bindingBytes: 128 * 2 ** 20,
  movingBuffers: 4,
  offsetAlignment: 256,
  bufferBytes: 256 * 2 ** 20,
  uniformBytes: 64 * 2 ** 10,
  workgroupInvocations: 256,
  workgroupBytes: 16 * 2 ** 10,
  workgroupsPerDimension: 65535,
};

/**
 * A block of m × n results per workgroup; every thread computes `threadM` × `threadN` of them (multiples of 4). k is taken in slices of
 * `k` through shared memory, or, where `k` is 0, straight from memory.
 */
export interface Tile {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly threadM: number;
  readonly threadN: number;
}

export interface DeviceProfile {
  readonly software: boolean;
  /** Threads of a workgroup of a map, and of a reduction. */
  readonly mapThreads: number;
  readonly reduceThreads: number;
  /** Points that a thread of a map takes one after the other, at most, where there are enough of them. */
  readonly mapPoints: number;
  /** Threads and workgroups that keep the whole device busy. */
  readonly wantedThreads: number;
  readonly wantedGroups: number;
  /** Workgroups that keep the memory busy: reductions of fewer are cut into parts. */
  readonly reduceGroups: number;
  /** Of which a contraction takes the one that fits it best. */
  readonly tiles: readonly Tile[];
  /** Contractions of fewer products than this, or of fewer terms, are plain reductions. */
  readonly tileFrom: number;
  readonly tileTerms: number;
  /** Whether compilers may unroll loops whose length they know. */
  readonly unroll: boolean;
}

/** Discrete and integrated graphics processors. Measured on an H100, where sums of columns run at 880 GB/s instead of 270 with a fourth of the threads. */
export const gpuProfile: DeviceProfile = {
  software: false,
  mapThreads: 256,
  reduceThreads: 256,
  mapPoints: 1,
  wantedThreads: 131072,
  wantedGroups: 128,
  reduceGroups: 512,
  tiles: [
    { m: 128, n: 128, k: 8, threadM: 8, threadN: 8 },
    { m: 64, n: 64, k: 16, threadM: 4, threadN: 4 },
    { m: 32, n: 32, k: 16, threadM: 4, threadN: 4 },
    { m: 16, n: 64, k: 16, threadM: 4, threadN: 4 },
    { m: 64, n: 16, k: 16, threadM: 4, threadN: 4 },
  ],
  tileFrom: 2 ** 14,
  tileTerms: 8,
  unroll: true,
};

/**
 * Adapters that run shaders on the processor, where a workgroup is a loop and every barrier splits it. Measured on llvmpipe:
 * a plain reduction compiles in 0.1 s, a tile in registers in 0.2 s, one in shared memory in 0.8 s, and with loops unrolled
 * in 3 s; products of 256 run at 1, 4 to 7, and 2 GFLOP/s. A workgroup costs a microsecond beside its threads, so a copy of
 * 16 MB takes a quarter of the time with 16 points a thread. Products of 1024 take 0.7 of their time with 8×8 results a thread in place of 8×4.
 */
export const softwareProfile: DeviceProfile = {
  software: true,
  mapThreads: 64,
  reduceThreads: 64,
  mapPoints: 32,
  wantedThreads: 256,
  wantedGroups: 8,
  reduceGroups: 8,
  tiles: [
    { m: 64, n: 64, k: 0, threadM: 8, threadN: 8 },
    { m: 64, n: 32, k: 0, threadM: 8, threadN: 4 },
    { m: 32, n: 32, k: 0, threadM: 4, threadN: 4 },
    { m: 16, n: 64, k: 0, threadM: 4, threadN: 4 },
    { m: 64, n: 16, k: 0, threadM: 4, threadN: 4 },
  ],
  tileFrom: 2 ** 18,
  tileTerms: 4,
  unroll: false,
};
