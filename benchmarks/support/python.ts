/** The Python in which PyTorch is looked for, and the environment that gives it as many threads as it may have. */

/** Debian's, with python3-torch. */
export const interpreter = '/usr/bin/python3';

/** `torch.set_num_threads` is not asked by the library of its matrix products (OpenBLAS in Debian's), which takes all cores unless the environment says otherwise. */
export const withThreads = (threads: number): NodeJS.ProcessEnv => ({
  ...process.env,
  OMP_NUM_THREADS: String(threads),
  OPENBLAS_NUM_THREADS: String(threads),
  MKL_NUM_THREADS: String(threads),
});
