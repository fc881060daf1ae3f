/*
 * A day with the page: several forwards at once, two windows on the same one, a
 * test that fails, a daemon that is restarted, logging in and out.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { closePage, failedRequest, launch, openPage, rowOf, shot } from "./harness/browser.mjs";
import { freePort, until } from "./harness/children.mjs";
import { Daemon } from "./harness/daemon.mjs";
import { dial, echoServer } from "./harness/echo.mjs";
import { Sshd } from "./harness/sshd.mjs";
import { patterns, words } from "./harness/words.mjs";

const t = words("en"), like = patterns("en");
const button = (where, key, args) => where.getByRole("button", { name: t(key, args), exact: true });
const field = (where, key) => where.getByLabel(t(key), { exact: true });
const pick = (where, key) => where.getByRole("combobox", { name: t(key), exact: true });
const state = (row, name) => row.getByText(t(`page.state.${name}`), { exact: true }).waitFor();
const gone = (where) => where.waitFor({ state: "detached" });

describe("a day with the page", () => {
	let sshd, daemon, echo, browser;

	before(async () => {
		sshd = await Sshd.start();
		daemon = await Daemon.start();
		echo = await echoServer();
		browser = await launch();
	});
	after(async () => {
		await browser?.close();
		await daemon?.stop();
		await sshd?.stop();
		await echo?.stop();
	});
	beforeEach(async () => {
		for (const { id } of await daemon.api("GET", "/servers")) await daemon.api("DELETE", `/servers/${id}?stop=1&forwards=1`);
		await daemon.addServer("My VPS", sshd);
	});

	const addForward = (name, more = {}) => daemon.api("POST", "/forwards", {
		name, server: "My VPS", type: "local", local: "127.0.0.1:0", remote: `127.0.0.1:${echo.port}`, ...more,
	});

	async function scene(run, about = {}) {
		const page = await openPage(browser, daemon, { mayFail: failedRequest, ...about });

		await run(page);
		await closePage(page);
	}

	describe("several at once", () => {
		beforeEach(async () => {
			await addForward("Web", { tags: ["web"] });
			await addForward("Ébauche", { tags: ["db", "draft"], note: "quarterly" });
			await addForward("Redis", { tags: ["db"], local: `127.0.0.1:${await freePort()}` });
		});

		const names = (page) => page.locator(".row-name").allTextContents();
		const shows = (page, ...wanted) => until(`rows ${wanted}`, async () =>
			JSON.stringify(await names(page)) === JSON.stringify(wanted));

		it("starts and stops the chosen ones, and a whole group", () => scene(async (page) => {
			const every = ["Web", "Ébauche", "Redis"].map((name) => rowOf(page, name));

			await page.getByRole("checkbox", { name: t("page.choose", { name: "Web" }), exact: true }).check();
			await page.getByRole("checkbox", { name: t("page.choose", { name: "Redis" }), exact: true }).check();
			await page.getByText(t("page.chosen.count.other", { n: 2 }), { exact: true }).waitFor();
			await button(page, "page.chosen.start").click();
			await state(every[0], "connected");
			await state(every[2], "connected");
			await state(every[1], "disconnected");
			await shot(page, "chosen");
			await button(page, "page.chosen.all", { n: 3 }).click();
			await button(page, "page.chosen.stop").click();
			for (const row of every) await state(row, "disconnected");
			await button(page, "page.chosen.none").click();
			await gone(page.getByRole("group", { name: t("page.chosen.title") }));

			await pick(page, "page.group.by").selectOption("tag");
			await button(page, "page.group.start", { name: "db" }).first().click();
			await state(every[1].first(), "connected");
			await state(every[2].first(), "connected");
			await state(every[0].first(), "disconnected");
			await shot(page, "grouped");
			await button(page, "page.group.stop", { name: "db" }).first().click();
			await state(every[1].first(), "disconnected");
			await state(every[2].first(), "disconnected");
		}));

		it("finds by word, accent or not, by note, by tag; sorts", () => scene(async (page) => {
			const search = page.getByRole("searchbox", { name: t("page.search") });

			await shows(page, "Web", "Ébauche", "Redis");
			await search.fill("ebau");
			await shows(page, "Ébauche");
			await search.fill("quarterly db");
			await shows(page, "Ébauche");
			await search.fill("nothing like it");
			await page.getByText(t("page.nothing_found"), { exact: true }).waitFor();
			await shot(page, "nothing-found");
			await button(page, "page.show_all").click();
			await page.getByRole("button", { name: "db", exact: true }).click();
			await shows(page, "Ébauche", "Redis");
			await page.getByRole("button", { name: "db", exact: true, pressed: true }).click();
			await pick(page, "page.sort.by").selectOption("name");
			await shows(page, "Ébauche", "Redis", "Web");
			await daemon.api("POST", "/forwards/start", { tag: "web" });
			await pick(page, "page.sort.by").selectOption("state");
			await until("the one that runs in front", async () => (await names(page))[0] === "Web");
			await page.reload();
			await until("the order that was kept", async () => (await names(page))[0] === "Web");
		}));
	});

	it("shows in one window what was edited in the other, and overwrites nothing", async () => {
		await addForward("db");
		await scene((page) => scene(async (other) => {
			const here = page.getByRole("dialog"), there = other.getByRole("dialog");

			await button(rowOf(page, "db"), "page.edit").click();
			await button(rowOf(other, "db"), "page.edit").click();
			await field(here, "page.field.name").fill("database");
			await button(here, "page.save").click();
			await gone(here);
			await rowOf(other, "database").waitFor();

			await field(there, "page.field.name").fill("mine");
			await button(there, "page.save").click();
			await there.getByText(like("error.changed_meanwhile")).waitFor();
			await there.getByText(t("offer.changed_meanwhile")).waitFor();
			await shot(other, "changed-meanwhile");
			await button(there, "page.cancel").click();
			await gone(there);
			assert.equal((await daemon.api("GET", "/forwards"))[0].name, "database");
		}));
	});

	it("asks to stop before it edits, and starts again what ran", async () => {
		await addForward("db");
		await daemon.cli("up", "db");
		await scene(async (page) => {
			await button(rowOf(page, "db"), "page.edit").click();
			await button(page.getByRole("dialog"), "page.forward.stop_and_edit").click();
			const dialog = page.getByRole("dialog");
			await field(dialog, "page.field.name").fill("db two");
			await button(dialog, "page.save").click();
			await gone(dialog);
			await state(rowOf(page, "db two"), "connected");
		});
	});

	it("tests step by step, and shows where it stops and why", async () => {
		await addForward("deaf", { remote: `127.0.0.1:${await freePort()}` });
		await scene(async (page) => {
			await button(rowOf(page, "deaf"), "page.more").click();
			await page.getByRole("menuitem", { name: t("page.test"), exact: true }).click();
			const dialog = page.getByRole("dialog");
			const step = (name) => dialog.getByRole("listitem").filter({ hasText: t(`page.stage.${name}`) });
			await step("target").getByText(new RegExp(t("page.stage_state.failed"))).waitFor({ state: "attached" });
			await step("target").getByText(like("error.target_refused")).first().waitFor();
			await step("auth").getByText(new RegExp(t("page.stage_state.ok"))).waitFor({ state: "attached" });
			await dialog.getByText(t("page.test_failed"), { exact: true }).waitFor();
			await shot(page, "test-failed");
		});
	});

	it("shows a forward's connections, with who and how much", async () => {
		const { id } = await addForward("db");
		await daemon.cli("up", "db");
		const { bound_port: port } = await daemon.api("GET", `/forwards/${id}`);
		const client = await dial(port);
		await client.say(Buffer.alloc(2048, "x"));
		await scene(async (page) => {
			await rowOf(page, "db").getByRole("link", { name: "db", exact: true }).click();
			const row = page.getByRole("row").filter({ hasText: `127.0.0.1:${client.socket.localPort}` });
			await row.getByRole("cell", { name: new RegExp(`${process.pid}$`) }).waitFor();
			await row.getByRole("cell", { name: `127.0.0.1:${echo.port}`, exact: true }).waitFor();
			await row.getByRole("cell", { name: /^2\b.*B$/ }).first().waitFor();
			client.close();
			await gone(row);
		});
	});

	it("is still logged in when the daemon comes back", async () => {
		await addForward("db");
		await scene(async (page) => {
			await daemon.child.stop();
			await page.getByText(t("page.cut"), { exact: true }).waitFor();
			await daemon.up();
			await gone(page.getByText(t("page.cut"), { exact: true }));
			await button(rowOf(page, "db"), "page.start").click();
			await state(rowOf(page, "db"), "connected");
		});
	});

	describe("the door", () => {
		const closed = (page) => page.getByText(t("page.login.how")).waitFor();

		it("takes a link once, and says so", () => scene(async (page) => {
			const link = await daemon.loginLink();

			await page.goto(link);
			await page.waitForURL(`http://${daemon.listen}/`);
			await page.goto("about:blank");
			await page.goto(link);
			await closed(page);
			await page.getByText(t("error.not_logged_in", { detail: t("detail.api_code") })).waitFor();
			await shot(page, "login-used-link");
		}));

		it("tells a first visitor how to come in", async () => {
			const context = await browser.newContext({ locale: "en-GB" });
			const page = await context.newPage();
			const complaints = [];

			page.on("console", (message) => complaints.push(message.text()));
			await page.goto(`http://${daemon.listen}/`);
			await closed(page);
			await context.close();
			assert.deepEqual(complaints, []);
		});

		it("takes no link that never was", () => scene(async (page) => {
			await page.goto("about:blank");
			await page.goto(`http://${daemon.listen}/login#AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`);
			await page.getByText(like("error.not_logged_in")).waitFor();
		}));

		it("is shut by logging out, in every tab", () => scene(async (page) => {
			await page.goto(`http://${daemon.listen}/#/settings`);
			await button(page, "page.settings.logout").click();
			await closed(page);
			await page.reload();
			await closed(page);
		}));

		it("asks for the passphrase again when it is wrong", () => scene(async (page) => {
			await daemon.api("PUT", "/settings/page-passphrase", { passphrase: "open sesame" });
			try {
				await page.goto("about:blank");
				await page.goto(await daemon.loginLink());
				await field(page, "page.login.passphrase").fill("open barley");
				await button(page, "page.login.enter").click();
				await page.getByText(like("error.not_logged_in")).waitFor();
				await shot(page, "login-passphrase");
				await field(page, "page.login.passphrase").fill("open sesame");
				await button(page, "page.login.enter").click();
				await page.waitForURL(`http://${daemon.listen}/`);
				await page.getByRole("heading", { level: 1 }).waitFor();
			} finally {
				await daemon.api("PUT", "/settings/page-passphrase", { passphrase: null, current: "open sesame" });
			}
		}));
	});
});
