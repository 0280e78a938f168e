import type { TaskDocument } from "../../study/study-document.ts";
import { count, metric } from "../format.ts";
import { figureGrid, folded } from "./blocks.ts";
import { onlyGuesses, reachedIn } from "../../study/guessing.ts";
import { bestOffers, COSTS, problemsOf, type Offer, type Problem } from "./costs.ts";
import type { TaskFigures } from "./figures.ts";
import { html, type Html } from "./markup.ts";
import type { TaskPart } from "./report-input.ts";
import { tableHtml } from "./table.ts";
import { budgetTable } from "./tables.ts";
import type { TaskTables } from "./task-tables.ts";
import { captionOf, listed, settingName, spread } from "./words.ts";

/** What was reached against what it costs, and which model to ship under a budget. */
export function costSection({ task, id }: TaskPart, { costs }: TaskFigures, tables: TaskTables): Html | null {
  const [first, ...others] = costs;
  if (first === undefined) return null;
  const problems = problemsOf(task).length;
  const some = problems > costs.length ? `; ${costs.length} of ${problems} are drawn` : "";
  const apart =
    problems > 1
      ? ` Settings that differ in more than the model and its training are problems of their own: each has its own frontier${some}.`
      : "";
  const block = ({ problem, figures }: typeof first): Html =>
    html`${figureGrid(figures)}${tableHtml(budgetTable(task, id, false, [problem]))}`;
  const folds = others.map((one) => {
    const words = `Costs of ${captionOf(task, one.problem.varied)}`;
    return html`<details>
      <summary>${words}</summary>
      ${block(one)}
    </details>`;
  });
  return html`<h3>What it costs</h3>
    <p>${advice(task, first.problem)}</p>
    <p class="quiet">
      Filled points are on the frontier; the dashed line is the best that each budget buys. Upright lines run from the
      lowest to the highest seed.${apart}
    </p>
    ${block(first)} ${folds} ${some === "" ? null : folded(tables.budget, "Budgets of all problems")}
    <details>
      <summary>The best under a limit of time</summary>
      <p class="quiet">
        Measured at the end of each run, when others may have shared the machine: small differences are noise.
      </p>
      ${tableHtml(tables.budgetTiming)}
    </details>`;
}

/** Which model to ship under a budget of parameters, in words. */
export function advice(task: TaskDocument, problem: Problem): string {
  const [kind] = COSTS;
  const best = kind === undefined ? [] : bestOffers(problem, kind, task.higherIsBetter);
  const [cheapest] = best;
  const top = best.at(-1);
  if (cheapest === undefined || top === undefined) return "";
  const fixed = Object.keys(problem.varied);
  const where = fixed.length === 0 ? "" : `With ${settingName(problem.varied)}: `;
  const reached = ({ row }: Offer): string => `${task.metric} ${spread(row.mean, row.std)}`;
  const trained = problem.settings.filter(({ rows }) => rows.length > 0);
  if (trained.every((setting) => onlyGuesses(reachedIn(setting)))) {
    const level = metric(Math.max(...trained.map(({ guessing }) => guessing ?? 0)));
    const none = where === "" ? "None" : `${where}none`;
    return `${none} is worth shipping: the best reaches ${reached(top)}, and guessing ${level}. Train longer, or train larger models.`;
  }
  const name = ({ row, setting }: Offer): string => {
    const own = Object.fromEntries(Object.entries(setting.varied).filter(([key]) => !fixed.includes(key)));
    return Object.keys(own).length === 0 ? row.attention : `${row.attention} (${settingName(own)})`;
  };
  if (best.length === 1) {
    const cost = count(top.cost);
    return `${where === "" ? "Ship" : `${where}ship`} ${name(top)} under any budget of parameters. It is the smallest here, ${cost}, and none is better: ${reached(top)}.`;
  }
  const between = best
    .slice(1, -1)
    .map((offer) => `${name(offer)} from ${count(offer.cost)} on (${metric(offer.reached)})`);
  const middle = between.length > 0 && between.length < 5 ? ` In between, ship ${listed(between)}.` : "";
  return (
    `${where}${name(cheapest)} needs the fewest parameters, ${count(cheapest.cost)}, and reaches ${reached(cheapest)}.${middle} ` +
    `With ${count(top.cost)} or more ship ${name(top)}, which reaches ${reached(top)}.`
  );
}
