/**
 * A benchmark subject that does nothing: every step "takes" the given seconds.
 *
 *   node fake-subject.js SECONDS [--dies-after N]      dies without a word after N steps
 *   node fake-subject.js SECONDS --cannot-start        says why it cannot start
 */
import { serve } from "../../bench/protocol.js";

const [seconds, flag, value] = process.argv.slice(2);
let steps = 0;

await serve(async () => {
  console.log("a library that prints");
  if (flag === "--cannot-start") throw new Error("no such backend");
  return {
    version: "fake 1.0",
    parameters: 7,
    run: async (count) => {
      steps += count;
      if (flag === "--dies-after" && steps > Number(value)) process.exit(3);
      return Array.from({ length: count }, () => Number(seconds));
    },
  };
});
