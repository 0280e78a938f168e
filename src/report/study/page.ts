import type { StudyDocument } from "../../study/study-document.ts";
import { count, plural } from "../format.ts";
import { figureHtml } from "./blocks.ts";
import type { StudyFigures } from "./figures.ts";
import { html, Html } from "./markup.ts";
import { notesSection } from "./notes.ts";
import type { TaskPart } from "./report-input.ts";
import { pageStyle } from "./style.ts";
import { tableHtml } from "./table.ts";
import { failureTable, publishedTable } from "./study-tables.ts";
import { taskSection } from "./task-section.ts";
import type { TaskTables } from "./task-tables.ts";
import { listed, question, titleOf } from "./words.ts";

/** The whole report as one file that asks no other for anything. */
export function reportPage(
  document: StudyDocument,
  parts: readonly TaskPart[],
  figures: StudyFigures,
  tables: readonly TaskTables[],
): string {
  const title = `Study ${document.name}`;
  const sections = parts.flatMap((part, i) => {
    const [drawn, numbers] = [figures.tasks[i], tables[i]];
    return drawn === undefined || numbers === undefined ? [] : [taskSection(document, part, drawn, numbers)];
  });
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${new Html(pageStyle)}
        </style>
      </head>
      <body>
        <header>
          <h1>${title}</h1>
          <p class="facts">${facts(document)}</p>
          ${contents(document, parts)}
        </header>
        <main>
          ${answers(document, parts, figures)} ${published(document)} ${sections} ${failures(document)}
          ${again(document)} ${notesSection()}
        </main>
        <footer>
          The numbers stand in report.json beside this file, the figures in figures/ as SVG and PNG, the tables in
          tables/ as Markdown and CSV.
        </footer>
      </body>
    </html> `;
  return page.toString();
}

function facts({ counts, attention, seeds }: StudyDocument): string {
  const { planned, finished, failed } = counts;
  const state =
    finished === planned
      ? `${plural(planned, "run")}, all finished`
      : `${count(finished)} of ${plural(planned, "run")} finished`;
  const failing = failed === 0 ? "" : `, ${count(failed)} failed`;
  return `${state}${failing}. Formulations ${listed(attention)}; ${plural(seeds.length, "seed")} (${seeds.join(", ")}).`;
}

function contents(document: StudyDocument, parts: readonly TaskPart[]): Html | null {
  if (parts.length < 2) return null;
  const links: (readonly [id: string, text: string])[] = [
    ["answers", "Answers"],
    ...(document.published === undefined ? [] : [["published", "Published figures"] as const]),
    ...parts.map(({ id, task }) => [id, titleOf(task)] as const),
    ...(document.failures.length === 0 ? [] : [["failures", "Failures"] as const]),
    ["again", "Run it again"],
    ["notes", "What the words mean"],
  ];
  return html`<nav class="toc" aria-label="Contents">
    <ul>
      ${links.map(([id, text]) => html`<li><a href="#${id}">${text}</a></li>`)}
    </ul>
  </nav>`;
}

function answers(document: StudyDocument, parts: readonly TaskPart[], { differences }: StudyFigures): Html {
  const list = html`<dl class="answers">
    ${parts.map(
      ({ task, id }) =>
        html`<div>
          <dt><a href="#${id}">${titleOf(task)}</a> · ${question(document, task)}</dt>
          <dd>${task.answer}</dd>
        </div> `,
    )}
  </dl>`;
  return html`<section aria-labelledby="answers">
    <h2 id="answers">${parts.length > 1 ? "Answers" : "Answer"}</h2>
    <div class="overview">
      ${list} ${differences.length === 0 ? null : html`<div class="figures one">${differences.map(figureHtml)}</div>`}
    </div>
  </section>`;
}

function published({ published: found }: StudyDocument): Html | null {
  if (found === undefined) return null;
  const { differences } = found;
  return html`<section aria-labelledby="published">
    <h2 id="published">Ours against the published figures</h2>
    ${tableHtml(publishedTable(found))}
    ${
      differences.length === 0
        ? null
        : html`<h3>What still differs from the publication</h3>
            <ul class="notes">
              ${differences.map((difference) => html`<li>${difference}</li>`)}
            </ul>`
    }
  </section>`;
}

function failures(document: StudyDocument): Html | null {
  if (document.failures.length === 0) return null;
  return html`<section aria-labelledby="failures">
    <h2 id="failures">Failures</h2>
    <p>
      ${plural(document.failures.length, "run")} ended with an error and
      ${document.failures.length === 1 ? "is" : "are"} in no number above.
    </p>
    ${tableHtml(failureTable(document))}
  </section>`;
}

const again = ({ commands }: StudyDocument): Html =>
  html`<section aria-labelledby="again">
    <h2 id="again">Run it again</h2>
    <p>Finished runs are not repeated: the same command makes what is missing and writes this report anew.</p>
    <pre tabindex="0"><code>${commands.join("\n")}</code></pre>
  </section>`;
