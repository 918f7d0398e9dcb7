/** Two things about symmetric matrices in float64, each n × n, row by row. */

/**
 * Lower triangular L with L Lᵀ = A, of a matrix without negative eigenvalues (Cholesky). Where a pivot is nothing but rounding, the matrix has
 * no more directions there, and the column stays 0.
 */
export function choleskyFactor(matrix: Float64Array, n: number): Float64Array {
  const factor = new Float64Array(n * n);
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, matrix[i * n + i] ?? 0);
  const nothing = largest * n * Number.EPSILON;
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = matrix[i * n + j] ?? 0;
      for (let k = 0; k < j; k++) sum -= (factor[i * n + k] ?? 0) * (factor[j * n + k] ?? 0);
      if (i === j) {
        if (!(sum > nothing)) break;
        factor[j * n + j] = Math.sqrt(sum);
      } else factor[i * n + j] = sum / (factor[j * n + j] ?? 1);
    }
  }
  return factor;
}

/** The eigenvalues, ascending: by reflections to a tridiagonal matrix (Householder 1958), of which bisection counts those below a number (Givens 1954). */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  const { diagonal, beside } = tridiagonal(Float64Array.from(matrix), n);
  const squares = beside.map((value) => value * value);
  // All eigenvalues lie in discs around the diagonal (Gershgorin).
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < n; i++) {
    const radius = Math.abs(beside[i - 1] ?? 0) + Math.abs(beside[i] ?? 0);
    low = Math.min(low, (diagonal[i] ?? 0) - radius);
    high = Math.max(high, (diagonal[i] ?? 0) + radius);
  }
  const least = Number.EPSILON * Math.max(Math.abs(low), Math.abs(high));
  const below = (x: number): number => {
    let [count, pivot] = [0, 1];
    for (let i = 0; i < n; i++) {
      pivot = (diagonal[i] ?? 0) - x - (i === 0 ? 0 : (squares[i - 1] ?? 0) / pivot);
      if (pivot === 0) pivot = -least * Number.EPSILON || -Number.MIN_VALUE;
      if (pivot < 0) count++;
    }
    return count;
  };
  return Float64Array.from({ length: n }, (_, which) => {
    let [from, to] = [low - least, high + least];
    for (let middle = (from + to) / 2; middle > from && middle < to && to - from > least; middle = (from + to) / 2) {
      if (below(middle) > which) to = middle;
      else from = middle;
    }
    return (from + to) / 2;
  });
}

/** A tridiagonal matrix of the same eigenvalues; `a` is overwritten. */
function tridiagonal(a: Float64Array, n: number): { diagonal: Float64Array; beside: Float64Array } {
  const [diagonal, beside] = [new Float64Array(n), new Float64Array(Math.max(n - 1, 0))];
  const [v, p] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n - 1; k++) {
    let length = 0;
    for (let i = k + 1; i < n; i++) length = Math.hypot(length, a[i * n + k] ?? 0);
    const first = a[(k + 1) * n + k] ?? 0;
    beside[k] = first > 0 ? -length : length;
    // A reflection I − 2 v vᵀ / vᵀv takes the column below the diagonal to a single number.
    let square = 0;
    for (let i = k + 1; i < n; i++) {
      v[i] = (a[i * n + k] ?? 0) - (i === k + 1 ? (beside[k] ?? 0) : 0);
      square += (v[i] ?? 0) ** 2;
    }
    if (square === 0) continue;
    let along = 0;
    for (let i = k + 1; i < n; i++) {
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += (a[i * n + j] ?? 0) * (v[j] ?? 0);
      p[i] = (2 * sum) / square;
      along += (p[i] ?? 0) * (v[i] ?? 0);
    }
    for (let i = k + 1; i < n; i++) p[i] = (p[i] ?? 0) - (along / square) * (v[i] ?? 0);
    for (let i = k + 1; i < n; i++) {
      const [vi, pi] = [v[i] ?? 0, p[i] ?? 0];
      for (let j = k + 1; j < n; j++) a[i * n + j] = (a[i * n + j] ?? 0) - vi * (p[j] ?? 0) - pi * (v[j] ?? 0);
    }
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i] ?? 0;
  return { diagonal, beside };
}
