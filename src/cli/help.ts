import { loadTable } from "../report/table.ts";
import { tasks } from "../tasks/index.ts";
import { listOptions } from "../tasks/options.ts";

const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The options of the first task that the words name, for a verb's help; a list of the tasks when they name none. */
export async function taskHelp(words: readonly string[]): Promise<string> {
  const task = words.flatMap((word) => tasks.find(({ name }) => name === word) ?? [])[0];
  if (task === undefined) return taskList();
  const options = listOptions(task);
  const render = await loadTable();
  const rows = options.map((option) => {
    const paper = text(option.paper) === text(option.default) ? "" : text(option.paper);
    return [option.path, text(option.default), paper, option.type, option.description];
  });
  const titles = ["option", "quick", "paper", "takes", "what it is"];
  const table = render(
    titles.map((title) => ({ title })),
    rows,
  );
  return `\nOptions of ${task.name} for --set, by preset:\n${indent(table)}\n`;
}

async function taskList(): Promise<string> {
  const render = await loadTable();
  const [, ...lines] = render(
    [{ title: "" }, { title: "" }],
    tasks.map(({ name, summary }) => [name, summary]),
  ).split("\n");
  return `\nTasks; "kvt train TASK --help" lists the options of one:\n${indent(lines.join("\n"))}\n`;
}

const indent = (lines: string): string => lines.replace(/^(?=.)/gm, "  ");
