const PAUSE_EVERY_SECONDS = 0.05;

/** Lets the event loop take one turn. `setTimeout` would wait 1 ms in Node and 4 ms in a browser. */
function turn(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/**
 * A function to await between pieces of work: every 50 ms it lets signals and messages in. A session on the CPU runs
 * synchronously, so without it a run would not see Ctrl-C before its end.
 */
export function createBreather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < PAUSE_EVERY_SECONDS * 1000) return;
    await turn();
    last = performance.now();
  };
}
