/**
 * The largest |actual − exact| / |exact|. What is below float32's normal numbers may be 0, since devices may flush it; an infinity or NaN
 * counts as an infinite error unless float32 has it too.
 */
export function worstRelativeError(actual: ArrayLike<number>, exact: readonly number[]): number {
  if (actual.length !== exact.length) return Infinity;
  let worst = 0;
  exact.forEach((want, i) => {
    const got = actual[i] ?? NaN;
    if (Object.is(got, Math.fround(want)) || Math.abs(got - want) < 2 ** -126) return;
    const error = Math.abs(got - want) / Math.abs(want);
    worst = error <= worst ? worst : Number.isNaN(error) ? Infinity : error;
  });
  return worst;
}
