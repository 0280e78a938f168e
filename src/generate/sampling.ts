export interface SamplingOptions {
  /** logits are divided by this; 0 takes the most likely token always (greedy) */
  readonly temperature: number;
  /** only the k most likely tokens; 0 = all */
  readonly topK: number;
  /** only the most likely tokens that together have this probability; 1 = all (Holtzman et al. 2020) */
  readonly topP: number;
}
