/*
 * 500 forwards with live traffic: rows are right from the first to the last, the
 * page answers at once, and what scrolling costs is told.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { closePage, launch, openPage, rowOf, shot } from "./harness/browser.mjs";
import { until } from "./harness/children.mjs";
import { Daemon } from "./harness/daemon.mjs";
import { dial, echoServer } from "./harness/echo.mjs";
import { Sshd } from "./harness/sshd.mjs";
import { words } from "./harness/words.mjs";

const COUNT = 500;
const CLIENTS = 100;
const EVERY_MS = 50; /* one client after the other says something */
const FRAMES = 180;

const t = words("en");
const NEEDLE = 321;
const name = (i) => (i === NEEDLE ? "needle" : `forward ${String(i).padStart(3, "0")}`);

/* Rows that one frame may draw while scrolling by two of them. */
const DRAWN_AT_ONCE = 9;

/* In the page: scrolls a bit each frame, down and up again; how long frames took, and
 * how many rows each of them drew. */
function scroll(frames) {
	return new Promise((resolve) => {
		const took = [], long = [], drawn = [];
		let rows = 0;
		const count = new MutationObserver((list) => { for (const m of list) rows += m.addedNodes.length; });
		const watch = new PerformanceObserver((list) => long.push(...list.getEntries().map((e) => e.duration)));
		let last = performance.now();

		watch.observe({ type: "longtask" });
		count.observe(document.querySelector("[role=list]:has([aria-posinset])"), { childList: true });
		requestAnimationFrame(function step(now) {
			took.push(now - last);
			last = now;
			drawn.push(rows);
			rows = 0;
			if (took.length > frames) {
				watch.disconnect();
				count.disconnect();
				return resolve({ took: took.slice(1), long, drawn });
			}
			window.scrollBy(0, took.length < frames / 2 ? 120 : -120);
			requestAnimationFrame(step);
		});
	});
}

describe(`${COUNT} forwards`, () => {
	let sshd, daemon, echo, browser, page, ids;
	const clients = [];

	before(async () => {
		sshd = await Sshd.start();
		daemon = await Daemon.start();
		echo = await echoServer();
		browser = await launch();
		const server = await daemon.addServer("My VPS", sshd);
		const made = [];
		for (let i = 0; i < COUNT; i++) {
			made.push(await daemon.api("POST", "/forwards", {
				name: name(i), server_id: server.id, type: "local", local: "127.0.0.1:0", remote: `127.0.0.1:${echo.port}`,
			}));
		}
		ids = made.map((f) => f.id);
		page = await openPage(browser, daemon);
		await daemon.api("POST", "/forwards/start", { all: true });
		const up = await until("all of them", async () => {
			const all = await daemon.api("GET", "/forwards");
			return all.every((f) => f.state === "connected") && all;
		});
		for (const f of up.slice(0, CLIENTS)) clients.push(await dial(f.bound_port));
	});
	after(async () => {
		clients.forEach((client) => client.close());
		if (page) await closePage(page);
		await browser?.close();
		await daemon?.stop();
		await sshd?.stop();
		await echo?.stop();
	});

	async function withTraffic(run) {
		const data = Buffer.alloc(2000, "x");
		let turn = 0;
		const timer = setInterval(() => {
			void clients[turn++ % clients.length].say(data).catch(() => {});
		}, EVERY_MS);

		try {
			return await run();
		} finally {
			clearInterval(timer);
		}
	}

	it("shows them all connected, the last as well as the first", async () => {
		await page.getByText(t("page.summary.up.other", { n: COUNT }), { exact: true }).waitFor();
		await rowOf(page, name(0)).getByText(t("page.state.connected"), { exact: true }).waitFor();
		await page.keyboard.press("End");
		await rowOf(page, name(COUNT - 1)).getByText(t("page.state.connected"), { exact: true }).waitFor();
		await page.keyboard.press("Home");
		await rowOf(page, name(0)).waitFor();
		await shot(page, "many");
	});

	it("scrolls while data flows", () => withTraffic(async () => {
		await rowOf(page, name(0)).getByText(/^1 connection$/).waitFor();
		const { took, long, drawn } = await page.evaluate(scroll, FRAMES);
		const sorted = [...took].sort((a, b) => a - b);
		const mean = took.reduce((a, b) => a + b) / took.length;

		console.log(`${COUNT} rows: ${(1000 / mean).toFixed(1)} frames a second, 95% within ${
			sorted[Math.floor(sorted.length * 0.95)].toFixed(1)} ms; long tasks: ${long.length}${
			long.length ? `, the longest ${Math.max(...long).toFixed(0)} ms` : ""}`);
		assert.equal(took.length, FRAMES);
		assert.ok(Math.max(...drawn) > 0 && Math.max(...drawn) <= DRAWN_AT_ONCE, `rows drawn by a frame: ${drawn}`);
	}));

	it("finds one of them, and stops it, while data flows", () => withTraffic(async () => {
		const row = rowOf(page, name(NEEDLE));

		await page.getByRole("searchbox").fill("needle");
		await row.getByRole("button", { name: t("page.stop"), exact: true }).click();
		await row.getByText(t("page.state.disconnected"), { exact: true }).waitFor();
		assert.equal(await page.getByRole("listitem").filter({ has: page.getByRole("checkbox") }).count(), 1);
		await page.getByRole("searchbox").fill("");
		await page.getByText(t("page.summary.up.other", { n: COUNT - 1 }), { exact: true }).waitFor();
	}));

	it("stops them all, and every row says so", async () => {
		await daemon.api("POST", "/forwards/stop", { ids });
		await page.getByText(t("page.summary.up.other", { n: 0 }), { exact: true }).waitFor();
		await page.getByText(t("page.state.connected"), { exact: true }).first().waitFor({ state: "detached" });
	});
});
