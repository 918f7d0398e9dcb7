/** The environment of a Python that is compared with one thread: `torch.set_num_threads(1)` is not asked by the library of its matrix products (OpenBLAS in Debian's), which takes all cores. */
export const oneThread: NodeJS.ProcessEnv = {
  ...process.env,
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
};
