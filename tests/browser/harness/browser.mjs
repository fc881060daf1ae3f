/* Debian's Chromium on the daemon's page; a page that complains fails its test. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { PATIENCE_MS } from "./children.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const SHOTS = process.env.SCREENSHOTS ?? join(ROOT, "build/test-logs/screenshots");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const LOCALES = { en: "en-GB", fr: "fr-FR" };
const BROWSERS = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser"];

export function launch() {
	return chromium.launch({
		executablePath: BROWSERS.find((path) => path && existsSync(path)),
		args: ["--no-sandbox", "--disable-gpu"],
	});
}

/* A browser window that is logged in. `about`: lang, scheme ("light", "dark"),
 * width and height. */
export async function openPage(browser, daemon, about = {}) {
	const context = await browser.newContext({
		locale: LOCALES[about.lang ?? "en"],
		colorScheme: about.scheme ?? "light",
		viewport: { width: about.width ?? 1280, height: about.height ?? 800 },
		reducedMotion: "reduce",
	});
	const page = await context.newPage();

	page.complaints = [];
	page.mayFail = about.mayFail ?? (() => false);
	page.setDefaultTimeout(PATIENCE_MS);
	await page.exposeBinding("complain", (_, what) => page.complaints.push(what));
	await page.addInitScript(() => document.addEventListener("securitypolicyviolation",
		(e) => window.complain(`${e.effectiveDirective} forbids ${e.blockedURI}`)));
	page.on("pageerror", (e) => page.complaints.push(e.stack));
	page.on("console", (message) => {
		if (message.type() === "error" && !page.mayFail(message)) page.complaints.push(message.text());
	});
	page.on("request", (request) => {
		const { origin, protocol } = new URL(request.url());
		if (protocol !== "data:" && protocol !== "blob:" && origin !== `http://${daemon.listen}`)
			page.complaints.push(`asked ${request.url()}`);
	});
	await page.goto(await daemon.loginLink());
	await page.waitForURL(`http://${daemon.listen}/`).catch(async (e) => {
		e.message += `\nat ${page.url()}: ${await page.locator("body").innerText()}`;
		throw e;
	});
	return page;
}

/* What went wrong meanwhile: nothing may. */
export async function closePage(page) {
	await page.context().close();
	assert.deepEqual(page.complaints, []);
}

/* Chromium writes down every answer of the daemon that is no success, and every
 * request without one: for scenes where the page has to deal with these. */
export const failedRequest = (message) => message.text().startsWith("Failed to load resource");

/* The row or card of a forward, or of a server. */
export function rowOf(page, name) {
	return page.getByRole("listitem").filter({ has: page.getByText(name, { exact: true }) });
}

export async function shot(page, name) {
	mkdirSync(SHOTS, { recursive: true });
	await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/* Scripts are injected past the page's policy, which forbids them: by the debugger. */
export async function axe(page) {
	await page.evaluate(AXE);
	const found = await page.evaluate((rules) => window.axe.run(document, { runOnly: rules }), RULES);

	return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`);
}
