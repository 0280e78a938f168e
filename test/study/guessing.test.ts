import { expect, it } from "vitest";
import { documentOf, type Grid, type Measured } from "./finished-cells.ts";

const answerOf = (grid: Grid, measured?: Measured): string => documentOf(grid, measured).tasks[0]?.answer ?? "";

it("an answer says where nothing was learned", () => {
  const [guesses, learned] = [
    { qkv: [0.1, 0.11], kv: [0.09, 0.12] },
    { qkv: [0.1, 0.11], kv: [0.2, 0.22] },
  ];
  const none = "no formulation gets far beyond guessing (0.10), so";
  expect(answerOf([guesses], { guessing: 0.1 })).toContain(
    `; ${none} this tells little of how well formulations learn; `,
  );
  expect(answerOf([guesses, guesses], { guessing: 0.1 })).toContain(`; ${none} this tells little`);
  expect(answerOf([guesses, learned], { guessing: 0.1 })).toContain(
    `; in 1 of 2 settings ${none} that one tells little`,
  );
  expect(answerOf([learned], { guessing: 0.1 })).not.toContain("guessing");
  expect(answerOf([guesses])).not.toContain("guessing");
});
