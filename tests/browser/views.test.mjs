/*
 * Every view and dialog: nothing that axe-core finds, in both themes, wide and as
 * on a phone, with a screenshot of each to look at.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { freePort } from "./harness/children.mjs";
import { Daemon } from "./harness/daemon.mjs";
import { Sshd } from "./harness/sshd.mjs";
import { dial, echoServer } from "./harness/echo.mjs";
import { axe, closePage, launch, openPage, rowOf, shot } from "./harness/browser.mjs";
import { words } from "./harness/words.mjs";

const LOOKS = [
	{ lang: "fr", scheme: "light", width: 1440, height: 900 },
	{ lang: "en", scheme: "dark", width: 1440, height: 900 },
	{ lang: "fr", scheme: "light", width: 768, height: 1024 },
	{ lang: "fr", scheme: "dark", width: 360, height: 740 },
	{ lang: "en", scheme: "light", width: 360, height: 740 },
];

/* What a row holds past its own edge, where nobody sees it; a name squeezed to a
 * letter a line. */
function cutOff(page) {
	return page.evaluate(() => [...document.querySelectorAll(".row")].flatMap((row) => {
		const edge = row.getBoundingClientRect().right;
		const past = [...row.querySelectorAll(":not(.table-box *)")].filter((e) => e.getBoundingClientRect().right > edge + 1);
		const main = row.querySelector(".row-main");
		return [...past, ...(main.clientWidth < 180 ? [main] : [])].map((e) => e.outerHTML.slice(0, 80));
	}));
}

describe("the views", () => {
	let sshd, daemon, browser, echo, client, forward;

	before(async () => {
		sshd = await Sshd.start();
		daemon = await Daemon.start();
		echo = await echoServer();
		browser = await launch();
		const server = await daemon.addServer("My VPS", sshd);
		const port = await freePort();
		forward = await daemon.api("POST", "/forwards?start=1", {
			name: "PostgreSQL", type: "local", server_id: server.id, tags: ["db"],
			local: `127.0.0.1:${port}`, remote: `127.0.0.1:${echo.port}`,
		});
		await daemon.api("POST", "/forwards", { name: "Proxy", type: "dynamic", server_id: server.id, local: "127.0.0.1:0" });
		await daemon.cli("up", "PostgreSQL");
		client = await dial(port);
		await client.say(Buffer.alloc(5000, "x"));
	});
	after(async () => {
		client?.close();
		await browser?.close();
		await daemon?.stop();
		await sshd?.stop();
		await echo?.stop();
	});

	for (const look of LOOKS) {
		const name = `${look.lang}-${look.scheme}-${look.width}`;
		const t = words(look.lang);

		it(name, async () => {
			const page = await openPage(browser, daemon, look);
			const button = (key, args) => page.getByRole("button", { name: t(key, args), exact: true });
			const check = async (what) => {
				await shot(page, `${what}-${name}`);
				assert.deepEqual([what, ...await axe(page)], [what]);
				const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
				assert.ok(over <= 0, `${what} is ${over} px too wide`);
				assert.deepEqual([what, ...await cutOff(page)], [what]);
			};
			const escape = async () => {
				await page.keyboard.press("Escape");
				await page.locator("dialog").waitFor({ state: "detached" });
			};
			const row = rowOf(page, "PostgreSQL");

			await row.getByText(t("page.state.connected"), { exact: true }).waitFor();
			await check("forwards");
			await button("page.forward.add_title").click();
			await page.getByRole("button", { name: "MySQL", exact: true }).click();
			await page.getByText(t("page.advanced.title"), { exact: true }).click();
			await page.getByText(t("page.forward.same_as")).waitFor();
			await check("add-forward");
			await button("page.server.new").click();
			await check("add-server");
			await page.keyboard.press("Escape");
			await page.locator("dialog").nth(1).waitFor({ state: "detached" });
			await escape();
			await row.getByRole("button", { name: t("page.delete"), exact: true }).click();
			await check("delete");
			await escape();
			await row.getByRole("button", { name: t("page.edit"), exact: true }).click();
			await check("stop-to-edit");
			await escape();
			await row.getByRole("button", { name: t("page.more"), exact: true }).click();
			await page.getByRole("menuitem").first().waitFor();
			await check("menu");
			await page.getByRole("menuitem", { name: t("page.test"), exact: true }).click();
			await page.getByText(t("page.test_ok")).waitFor();
			await check("test");
			await escape();
			await page.goto(`http://${daemon.listen}/#/forwards/${forward.id}`);
			await page.locator(".uplot").waitFor();
			await page.getByRole("button", { name: new RegExp(t("page.connections.kill", { client: ".*" })) }).waitFor();
			await check("details");
			for (const view of ["servers", "known-hosts", "activity", "settings"]) {
				await page.goto(`http://${daemon.listen}/#/${view}`);
				await page.getByRole("heading", { level: 1 }).waitFor();
				await page.waitForLoadState("load");
				await check(view);
			}
			await closePage(page);
		});
	}
});
