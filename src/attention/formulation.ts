/** What a projection of the input is used as. */
export type Role = "query" | "key" | "value";
/** A projection bears the name of the role that is its own. */
export type ProjectionName = Role;

/**
 * An attention formulation as data: which projection plays which role, and whether the scores pass the learned
 * position map. Parameters, cost, cache, head sharing and checkpoint names all follow from this.
 */
export interface Formulation {
  readonly name: string;
  /** the equation for one head with scale a */
  readonly equation: string;
  /** where it was published */
  readonly source: string;
  /** the roles of each projection, in self-attention */
  readonly projections: Readonly<Partial<Record<ProjectionName, readonly Role[]>>>;
  /** scores' = (Σw)·scores + key-position bias, which breaks the symmetry of K·Kᵀ */
  readonly positionMap: boolean;
}

export const defineFormulation = (name: string, definition: Omit<Formulation, "name">): Formulation => ({
  name,
  ...definition,
});

/** The projection that plays a role in self-attention. */
export function projectionOf(formulation: Formulation, role: Role): ProjectionName {
  for (const [name, roles] of Object.entries(formulation.projections)) {
    if (roles.includes(role)) return name as ProjectionName;
  }
  throw new Error(`internal: formulation "${formulation.name}" has no projection for ${role}`);
}
