/**
 * Where the threads of a device tell one another what there is to do: words at the begin of memory, which no buffer occupies. What many
 * threads write lies in a line of the cache of its own.
 */

/** Addresses in bytes. */
export const control = {
  /** 64 bits, the plan's number above, below 16 bits of a job's number and 16 of how many of its chunks nobody has taken yet. */
  ticket: 256,
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
  /** Address of the scratch memory: what all threads read, and a share for each; also where there is one thread. */
  scratch: 648,
  /** The number of the plan that runs, and where the bytes of its module lie. */
  plan: 768,
  code: 772,
  codeBytes: 776,
  /** How many plans are gone; their numbers, in turn, in as many words as there are. */
  disposed: 780,
  disposedPlans: 1024,
  /** For each thread, which helper is to be it, by its number among all that have been started; 0 where it rests; −1 where it ends. */
  wanted: 1280,
  /** For each thread, which helper is: two at a time would use the same scratch memory. */
  present: 1536,
  /** What a helper that failed has to say: bytes, after their number. */
  message: 2048,
} as const;

/** Numbers of plans that are gone and may not have been seen yet. */
export const disposedWords = 64;
/** Threads at most. */
export const mostThreads = 64;
/** Bytes of a message. */
export const messageBytes = 1024;

/** Jobs of a plan, and chunks of a job, at most. */
export const mostJobs = 0xffff;
export const mostChunks = 0xffff;
