/*
 * The path of the module that is being built, kept on a stack. Building is synchronous, so a stack serves where a
 * parameter in every call of every op would only be noise.
 */
const modules: string[] = [];

export const currentPath = (): string => modules.join(".");

/** Runs `build` with `name` added to the module path, so that nodes and shape errors carry it. */
export function inModule<T>(name: string, build: () => T): T {
  modules.push(name);
  try {
    return build();
  } finally {
    modules.pop();
  }
}
