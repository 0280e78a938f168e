import type { Calls } from "./page/calls.ts";
import { launchChromium } from "./chromium.ts";
import { openSite } from "./site.ts";

export interface BrowserWorker {
  /** Calls a function of `page/calls.ts` in the page's worker. */
  call<K extends keyof Calls>(name: K, ...values: Parameters<Calls[K]>): Promise<Awaited<ReturnType<Calls[K]>>>;
  /** errors of the page and its worker, failed requests, and what either wrote to the console as a warning or error */
  readonly complaints: readonly string[];
  /** warnings of the build */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

/** The core in a module worker of a page in headless Chromium. */
export async function openWorker(device: "cpu" | "webgpu"): Promise<BrowserWorker> {
  const [site, browser] = await Promise.all([openSite(), launchChromium(device)]);
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`page error: ${error.message}`));
  page.on("requestfailed", (request) => complaints.push(`request failed: ${request.url()}`));
  page.on("response", (response) => {
    if (!response.ok()) complaints.push(`${response.status()}: ${response.url()}`);
  });
  page.on("console", (message) => {
    if (["warning", "error", "assert"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  await page.goto(site.url);
  // The worker answers with what the function of that name returns there.
  const call = (name: string, ...values: readonly unknown[]): Promise<unknown> =>
    page.evaluate(([name, values]) => window.callWorker(name, values), [name, values] as const);
  return {
    call: call as BrowserWorker["call"],
    complaints,
    warnings: site.warnings,
    async close() {
      await browser.close();
      await site.close();
    },
  };
}
