/** How much of a publication's experiment is repeated. */
export const SCALES = ["quick", "half", "paper"] as const;
export type Scale = (typeof SCALES)[number];

export type OptionValue = string | number | boolean;

/** A number that a publication reports for a formulation on a task. */
export interface PublishedFigure {
  readonly task: string;
  readonly attention: string;
  /** options of the settings that it is about; none where it is about all of the author's settings of the task */
  readonly at: Readonly<Record<string, OptionValue>>;
  /** what was averaged: the means of the settings, or single runs; a deviation is over the same */
  readonly over: "settings" | "runs";
  readonly value: number;
  /** population deviation (divided by n); null where none is reported */
  readonly deviation: number | null;
}

/** What the author did that the preset `paper` of the task does not say: every value of his grid. */
export type PublishedSettings = Readonly<Record<string, readonly OptionValue[]>>;

/** A table of a publication, with what is needed to repeat it and to set ours beside it. */
export interface Publication {
  /** as `kvt reproduce` takes it */
  readonly name: string;
  /** one line: what the table shows */
  readonly summary: string;
  /** who reports it, and where the numbers were read */
  readonly source: string;
  /** what its numbers are, such as "token accuracy" */
  readonly metric: string;
  readonly figures: readonly PublishedFigure[];
  /** of each setting and formulation */
  readonly runs: number;
  settingsOf(task: string): PublishedSettings;
  /** differences that options do not show, such as what was mended in the published code */
  readonly remarks: readonly { readonly tasks?: readonly string[]; readonly text: string }[];
  /** what each scale takes on one core of a small server, in seconds, to a factor of two; `kvt study plan` says it here */
  readonly coreSeconds: Readonly<Record<Scale, number>>;
}

/** Figures of one task and place: a value, or a value and its deviation, for each formulation. */
export function figures(
  task: string,
  at: PublishedFigure["at"],
  over: PublishedFigure["over"],
  values: Readonly<Record<string, number | readonly [value: number, deviation: number]>>,
): PublishedFigure[] {
  return Object.entries(values).map(([attention, reported]) => {
    const [value, deviation] = typeof reported === "number" ? [reported, null] : reported;
    return { task, attention, at, over, value, deviation };
  });
}
