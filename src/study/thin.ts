/** At most `most` of the items: the first, the last and others between at equal distances. */
export function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  if (most < 2) return items.slice(0, most);
  const chosen = new Set(Array.from({ length: most }, (_, i) => Math.round((i * (items.length - 1)) / (most - 1))));
  return items.filter((_, i) => chosen.has(i));
}

/** At most `most` points: each the last of neighbours that stand together, with the mean of their values. */
export function bucketMeans<T extends { readonly value: number }>(points: readonly T[], most: number): T[] {
  const size = Math.max(1, Math.ceil(points.length / most));
  const means: T[] = [];
  for (let start = 0; start < points.length; start += size) {
    const bucket = points.slice(start, start + size);
    const last = bucket.at(-1);
    if (last === undefined) continue;
    means.push({ ...last, value: bucket.reduce((sum, { value }) => sum + value, 0) / bucket.length });
  }
  return means;
}
