import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collectReport } from "../../src/report/study/collect.ts";
import { writeReport } from "../../src/report/study/write-report.ts";
import { trainTinyStudy } from "../support/tiny-study.ts";
import { hasChromium, launchChromium } from "./chromium.ts";

const SECTIONS = ["Answers", "copy", "reverse", "Failures", "Run it again", "What the words mean"];
const PARTS = ["Results", "Differences", "Learning curves", "What it costs", "Every setting", "Attention"];

describe.skipIf(!hasChromium())("a study's report in headless Chromium", () => {
  const root = mkdtempSync(path.join(os.tmpdir(), "kvt-page-"));
  let browser: Browser;
  let url: string;
  const complaints: string[] = [];
  const requests: string[] = [];

  beforeAll(async () => {
    const trained = await trainTinyStudy(root);
    const message = `<b>bold</b> ${"a long message of a failed run ".repeat(8)}${"x".repeat(300)}`;
    const failures = [{ task: "copy", attention: "kv", seed: 3, varied: {}, message }];
    const document = { ...trained, failures, commands: [`kvt study run ${"long-".repeat(60)}name.yaml`] };
    url = pathToFileURL((await writeReport(path.join(root, "report"), await collectReport(document))).file).href;
    browser = await launchChromium("cpu");
  });
  afterAll(async () => {
    await browser.close();
    rmSync(root, { recursive: true, force: true });
  });

  async function open(width: number, colorScheme: "light" | "dark"): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => complaints.push(message.text()));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(url);
    return page;
  }

  it.each([
    [400, "light"],
    [1280, "dark"],
  ] as const)("fits %i pixels, %s, with all its parts and without asking for anything", async (width, scheme) => {
    const page = await open(width, scheme);
    await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    // Nothing but what stands in a box that scrolls reaches over the edge.
    const over = await page.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter(
          (one) => one.closest(".scroll, pre, svg") === null && one.getBoundingClientRect().right > innerWidth + 1,
        )
        .map((one) => one.outerHTML.slice(0, 80)),
    );
    expect(over).toEqual([]);
    expect(await page.locator("h2").allTextContents()).toEqual(SECTIONS);
    expect(await page.locator("section[aria-labelledby=copy] h3").allTextContents()).toEqual(PARTS);
    const levels = await page.locator("h1, h2, h3").evaluateAll((all) => all.map(({ tagName }) => Number(tagName[1])));
    expect(levels.every((level, i) => level <= (levels[i - 1] ?? 0) + 1)).toBe(true);
    const unnamed = await page
      .locator("figure svg:not([aria-label])")
      .evaluateAll((all) =>
        all.filter((one) => one.parentElement?.tagName === "FIGURE").map((one) => one.outerHTML.slice(0, 80)),
      );
    expect(unnamed).toEqual([]);
    expect(await page.locator("figure > svg").count()).toBeGreaterThan(20);
    expect(await page.title()).toBe("Study tiny");
    expect(requests.filter((one) => one !== url && !one.startsWith("data:"))).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("draws on the paper of the reader's system, and on white paper when it is printed", async () => {
    const colours = async (page: Page): Promise<string[]> =>
      page.evaluate(() => {
        const chart = document.querySelector("figure svg");
        const line = [...(chart?.querySelectorAll("path") ?? [])].map((one) => getComputedStyle(one).stroke);
        return [getComputedStyle(document.body).backgroundColor, ...line.filter((colour) => colour !== "none")];
      });
    const [light, dark] = [await open(1280, "light"), await open(1280, "dark")];
    const [onLight, onDark] = [await colours(light), await colours(dark)];
    expect(onLight[0]).toBe("rgb(255, 255, 255)");
    expect(onDark[0]).not.toBe(onLight[0]);
    expect(onDark.slice(1)).not.toEqual(onLight.slice(1));
    await dark.emulateMedia({ media: "print", colorScheme: "dark" });
    expect(await colours(dark)).toEqual(onLight);
    expect((await dark.pdf({ format: "A4" })).byteLength).toBeGreaterThan(20_000);
  });
});
