/**
 * Where the threads of a device tell one another what there is to do: words at the begin of memory, which no buffer occupies. What many
 * threads write lies in a line of the cache of its own.
 */

/** Addresses in bytes. */
export const control = {
  /** 64 bits, above the version of the code that a thread must know, below how many chunks of the job nobody has taken yet. */
  ticket: 256,
  /** Address of the job: its portions (sharing.ts). */
  job: 264,
  /** Chunks that helpers have done since the device started. */
  done: 384,
  /** Whether the caller sleeps until that changes. */
  waiting: 388,
  /** Changes when helpers are to wake up. */
  bell: 512,
  /** Helpers that sleep. */
  sleepers: 516,
  /** The number of a helper that failed. */
  failed: 640,
  /** Whether the caller may sleep: the main thread of a page may not. */
  mayWait: 644,
  /** Address of the scratch memory of the plan that runs: what all threads read, and, from `shares` on, as many bytes for each; also where there is one thread. */
  scratch: 648,
  shares: 652,
  shareBytes: 656,
  /** The version of the library; 0 while it changes. Where its directory lies, and how many modules are in it. */
  library: 768,
  directory: 772,
  modules: 776,
  /** For each thread, which helper is to be it, by its number among all that have been started; 0 where it rests; −1 where it ends. */
  wanted: 1280,
  /** For each thread, which helper is: two at a time would use the same scratch memory. */
  present: 1536,
  /** What a helper that failed has to say: bytes, after their number. */
  message: 2048,
} as const;

/** Threads at most. */
export const mostThreads = 64;
/** Bytes of a message. */
export const messageBytes = 1024;

/** Chunks of a job at most. */
export const mostChunks = 0xffff;
