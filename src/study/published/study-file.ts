import { fileURLToPath } from "node:url";
import path from "node:path";
import type { Publication, Scale } from "./publication.ts";

/** The study file that repeats a table at a scale, which ships with the project. */
export function publishedStudyFile({ name }: Publication, scale: Scale): string {
  const file = fileURLToPath(new URL(`../../../studies/${name}-${scale}.yaml`, import.meta.url));
  const near = path.relative(process.cwd(), file);
  return near.startsWith("..") ? file : near;
}
