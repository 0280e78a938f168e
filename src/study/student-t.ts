/**
 * P(|t| ≤ T) for Student's t with ν degrees of freedom, by the finite sums of Abramowitz and Stegun 26.7.3–26.7.4 in
 * θ = atan(T / √ν):
 *
 * - ν odd:  2/π · (θ + sin θ · (cos θ + 2/3 cos³ θ + … + (2·4…(ν−3)) / (3·5…(ν−2)) cos^(ν−2) θ))
 * - ν even: sin θ · (1 + 1/2 cos² θ + … + (1·3…(ν−3)) / (2·4…(ν−2)) cos^(ν−2) θ)
 */
function centralProbability(theta: number, freedom: number): number {
  const [sine, cosine] = [Math.sin(theta), Math.cos(theta)];
  const odd = freedom % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = 0;
  for (let power = odd ? 1 : 0; power <= freedom - 2; power += 2) {
    sum += term;
    term *= ((power + 1) / (power + 2)) * cosine * cosine;
  }
  return odd ? (2 / Math.PI) * (theta + sine * sum) : sine * sum;
}

/**
 * The t with P(|t| ≤ T) = `confidence` for ν ≥ 1 whole degrees of freedom: 12.706 for 0.95 and ν = 1, 1.960 for
 * ν → ∞. Found by bisection in θ, which is bounded where t is not.
 */
export function studentT(confidence: number, freedom: number): number {
  let [low, high] = [0, Math.PI / 2];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return Math.sqrt(freedom) * Math.tan(middle);
    if (centralProbability(middle, freedom) < confidence) low = middle;
    else high = middle;
  }
}

/**
 * P(|t| ≥ T), the two-sided p-value, for ν ≥ 1 whole degrees of freedom. Absolute error below 1e-13, so smaller values
 * may come out as 0.
 */
export function studentP(t: number, freedom: number): number {
  const theta = Math.atan(Math.abs(t) / Math.sqrt(freedom));
  return Math.min(1, Math.max(0, 1 - centralProbability(theta, freedom)));
}
