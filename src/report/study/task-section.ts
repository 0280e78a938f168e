import type { StudyDocument, TaskDocument } from "../../study/study-document.ts";
import { isPerfect } from "../../study/finding.ts";
import { plural } from "../format.ts";
import { visible } from "../axis.ts";
import { summary } from "./attention-strip.ts";
import { comparisonTable, lossComparisonTable } from "./comparison-table.ts";
import { costSection } from "./cost-section.ts";
import { figureGrid, figureHtml, folded } from "./blocks.ts";
import type { TaskFigures } from "./figures.ts";
import { html, Html } from "./markup.ts";
import type { ShownAttention } from "./attention.ts";
import type { TaskPart } from "./report-input.ts";
import { tableHtml, type ReportTable } from "./table.ts";
import type { TaskTables } from "./task-tables.ts";
import { captionOf, question, seedCount, titleOf } from "./words.ts";

/** Everything about one task: question, answer, numbers, curves, costs, attention. */
export function taskSection(document: StudyDocument, part: TaskPart, figures: TaskFigures, tables: TaskTables): Html {
  const { task, id } = part;
  const seeds = task.settings.flatMap(({ rows }) => rows.map(({ runs }) => runs.length)).filter((n) => n > 0);
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">${titleOf(task)}</h2>
    <p class="facts">
      ${task.summary} · preset ${task.preset} · ${plural(task.settings.length, "setting")} · ${seedCount(seeds)}
    </p>
    <p class="question">${question(document, task)}</p>
    <p class="answer">${task.answer}</p>
    <h3>Results</h3>
    ${tableHtml(tables.formulations)} ${differences(document, part, tables)} ${curvesPart(part, figures)}
    ${costSection(part, figures, tables)} ${settingsPart(task, tables)} ${attentionPart(part, figures)}
  </section>`;
}

function differences(document: StudyDocument, { task, id }: TaskPart, { loss }: TaskTables): Html | null {
  if (task.comparisons.length === 0) return null;
  const [overall, inEach] = parted((part) => comparisonTable(task, id, document.tests, part), task);
  return html`<h3>Differences</h3>
    ${tableHtml(overall)} ${inEach} ${lossPart(document, { task, id }, loss)}`;
}

/** The loss, behind words; open where every formulation is perfect, for then it alone can rank them. */
function lossPart(
  { tests }: StudyDocument,
  { task, id }: Pick<TaskPart, "task" | "id">,
  loss: ReportTable,
): Html | null {
  if (loss.rows.length === 0) return null;
  const solved = task.formulations.every(({ mean }) => isPerfect(task.metric, mean));
  const [overall, inEach] = parted((part) => lossComparisonTable(task, id, tests, part), task);
  return html`<details ${solved ? new Html("open") : null}>
    <summary>By the loss on the test split${solved ? ", which can rank what the metric cannot" : ""}</summary>
    ${tableHtml(loss)} ${tableHtml(overall)} ${inEach}
  </details>`;
}

/** Differences over all settings, and behind words those in each where there are several. */
function parted(
  table: (part: "overall" | "settings") => ReportTable,
  { settings }: TaskDocument,
): [overall: ReportTable, inEach: Html | null] {
  if (settings.length < 2) return [table("overall"), null];
  const each = table("settings");
  const details = html`<details>
    <summary>The same in each setting (${plural(each.rows.length, "row")})</summary>
    ${tableHtml(each)}
  </details>`;
  return [table("overall"), details];
}

function curvesPart({ task, curves }: TaskPart, { curves: drawn }: TaskFigures): Html | null {
  const [first, ...others] = drawn;
  const problems = curves?.problems ?? [];
  if (first === undefined && problems.length === 0) return null;
  const of =
    task.settings.length > drawn.length ? ` ${drawn.length} of ${task.settings.length} settings are drawn.` : "";
  return html`<h3>Learning curves</h3>
    <p>
      Lines are means over seeds, bands run from the lowest to the highest seed.${of} Seconds count training steps
      alone; runs shared the machine, so they tell little of its speed.
    </p>
    ${first === undefined ? null : figureGrid(first.figures)}
    ${others.map(
      ({ setting, figures }) =>
        html`<details>
          <summary>Curves of ${captionOf(task, setting.varied)}</summary>
          ${figureGrid(figures)}
        </details> `,
    )}${problems.map(
      ({ attention, seed, message }) => html`<p class="warn">Not drawn: ${attention}, seed ${seed}. ${message}</p> `,
    )}`;
}

function settingsPart(task: TaskDocument, { settings, timing }: TaskTables): Html {
  const every = task.settings.length > 1 ? "Every setting" : "Numbers and costs";
  return html`<h3>${every}</h3>
    ${folded(settings, "What was reached and what it costs")}
    ${
      timing.rows.length === 0
        ? null
        : html`<details>
            <summary>Times</summary>
            ${tableHtml(timing)}
          </details>`
    }`;
}

function attentionPart({ task, attention }: TaskPart, figures: TaskFigures): Html | null {
  const shown = attention?.formulations ?? [];
  if (attention === undefined || shown.length === 0) return null;
  return html`<h3>Attention</h3>
    ${exampleWords(task, attention.varied, shown)}
    <div class="figures three">
      ${figures.attention.map(({ shown: one, figure }) => (figure === null ? missing(one) : figureHtml(figure)))}
    </div>`;
}

const missing = (one: ShownAttention): Html =>
  html`<figure class="missing"><strong>${one.attention}</strong><br />${"problem" in one ? one.problem : ""}</figure>`;

/** Which example the maps show, and how they are to be read. */
function exampleWords(
  task: TaskDocument,
  varied: Readonly<Record<string, unknown>>,
  all: readonly ShownAttention[],
): Html {
  const found = all.find((one) => "figure" in one);
  if (found === undefined) return html`<p class="quiet">No model could be opened.</p>`;
  const { figure, seed } = found;
  const { example, shown, parts } = figure;
  const number = "index" in shown ? `example ${shown.index} of ${shown.split}` : "a text";
  const where = `${captionOf(task, varied)}, seed ${seed}, ${number}; ${summary(figure)}`;
  if (example.kind === "image") {
    const how = "The redder a patch, the more the class token looks at it; full colour is a head's largest weight.";
    return html`<p class="example">A picture with the label ${example.label}: ${where}. ${how}</p>`;
  }
  const tokens = (words: readonly string[]): string => {
    const joined = words
      .slice(0, 40)
      .map((word) => (word === "" ? "·" : visible(word)))
      .join(words.some((word) => /\s/.test(word)) ? "" : " ");
    return words.length > 40 ? `${joined} …` : joined;
  };
  const kinds = parts.map(({ kind }) => kind);
  const reading = [
    kinds.includes("self") ? "Scores are red above 0 and blue below; weights" : "Weights",
    "are darker the larger they are.",
    kinds.includes("self")
      ? "The number below a map is its asymmetry: 0 where it equals its mirror image, as scores of kv and k do."
      : "",
    kinds.includes("causal") ? "Causal attention does not look at what comes later: those squares stay empty." : "",
  ].join(" ");
  return html`<p class="example">
      Input <code>${tokens(example.tokens)}</code>, target <code>${tokens(example.target)}</code>: ${where}.
    </p>
    <p class="example quiet">Queries run downwards, keys to the right. ${reading}</p>`;
}
