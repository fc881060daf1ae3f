/*
 * The page is never wrong: servers that go and come, a daemon that does, two
 * windows, questions, a changed key, and the keyboard alone.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { freePort } from "./harness/children.mjs";
import { Daemon } from "./harness/daemon.mjs";
import { Sshd } from "./harness/sshd.mjs";
import { dial, echoServer } from "./harness/echo.mjs";
import { closePage, launch, openPage, rowOf, shot } from "./harness/browser.mjs";
import { words } from "./harness/words.mjs";

const t = words("en");
const button = (where, key, args) => where.getByRole("button", { name: t(key, args), exact: true });
const state = (row, name) => row.getByText(t(`page.state.${name}`), { exact: true }).waitFor();

describe("the page", () => {
	let sshd, daemon, browser, echo, page, server, port;

	before(async () => {
		echo = await echoServer();
		browser = await launch();
	});
	after(async () => {
		await browser?.close();
		await echo?.stop();
	});
	beforeEach(async () => {
		sshd = await Sshd.start();
		daemon = await Daemon.start();
		port = await freePort();
	});

	/* The rest of a scenario's world, and its end. */
	async function scene(about, run) {
		try {
			server = await daemon.addServer("My VPS", sshd, about.server);
			if (about.forward !== false) {
				await daemon.api("POST", `/forwards${about.start ? "?start=1" : ""}`, {
					name: "db", type: "local", server_id: server.id,
					local: `127.0.0.1:${port}`, remote: `127.0.0.1:${echo.port}`,
				});
			}
			page = await openPage(browser, daemon, about);
			await run();
			await closePage(page);
		} finally {
			await daemon.stop();
			await sshd.stop();
		}
	}

	it("shows a server that goes and comes back", () => scene({ start: true }, async () => {
		const row = rowOf(page, "db");

		await state(row, "connected");
		await sshd.down();
		await row.getByText(new RegExp(`${t("page.state.reconnecting")}|${t("page.state.error")}`)).first().waitFor();
		await shot(page, "server-gone");
		await sshd.up();
		await state(row, "connected");
	}));

	it("says that the daemon is gone, and is right again when it is back", () => scene({
		start: true, mayFail: () => true,
	}, async () => {
		const row = rowOf(page, "db");

		await state(row, "connected");
		await daemon.child.stop("SIGKILL");
		await page.getByText(t("page.cut")).waitFor();
		await button(row, "page.stop").click();
		await page.getByRole("alert").getByText(t("page.error.unreachable"), { exact: true }).waitFor();
		await shot(page, "daemon-gone");
		await daemon.up();
		await page.getByText(t("page.cut")).waitFor({ state: "detached" });
		await page.getByText(t("page.error.unreachable"), { exact: true }).waitFor({ state: "detached" });
		await state(row, "connected");
	}));

	it("is the same in two windows, and as the command line says", () => scene({}, async () => {
		const other = await openPage(browser, daemon, { lang: "fr" });
		const here = rowOf(page, "db"), there = rowOf(other, "db");

		await button(here, "page.start").click();
		await state(here, "connected");
		await there.getByText("Connecté", { exact: true }).waitFor();
		await daemon.cli("down", "db");
		await state(here, "disconnected");
		await there.getByText("Déconnecté", { exact: true }).waitFor();
		await daemon.cli("rm", "db", "--yes");
		await here.waitFor({ state: "detached" });
		await there.waitFor({ state: "detached" });
		await closePage(other);
	}));

	it("asks about an unknown host key where the reader is", () => scene({
		server: { known_hosts: ["/nonexistent/known_hosts"] },
	}, async () => {
		await page.goto(`http://${daemon.listen}/#/activity`);
		await daemon.api("POST", "/forwards/start", { all: true });
		const dialog = page.getByRole("dialog");
		await dialog.getByText(sshd.fingerprint()).waitFor();
		await shot(page, "host-key");
		await button(dialog, "page.prompt.refuse").click();
		await dialog.waitFor({ state: "detached" });
		await page.goto(`http://${daemon.listen}/#/forwards`);
		await state(rowOf(page, "db"), "error");
	}));

	it("shows both keys when one has changed, and goes on when the old one is removed", () => scene({}, async () => {
		const row = rowOf(page, "db");
		const before = sshd.fingerprint();

		await sshd.down();
		sshd.newHostKey();
		await sshd.up();
		await button(row, "page.start").click();
		await button(row, "page.key_changed.compare").click();
		const dialog = page.getByRole("dialog");
		await dialog.getByText(before).waitFor();
		await dialog.getByText(sshd.fingerprint()).waitFor();
		await shot(page, "host-key-changed");
		await button(dialog, "page.key_changed.remove").click();
		await button(page.getByRole("dialog"), "page.prompt.trust").click();
		await state(row, "connected");
	}));

	it("closes a connection, and shows it gone", () => scene({ start: true }, async () => {
		await state(rowOf(page, "db"), "connected");
		const client = await dial(port);
		await client.say(Buffer.from("x"));
		const closed = new Promise((resolve) => client.socket.once("close", resolve));
		await page.getByRole("link", { name: "db", exact: true }).click();
		await page.getByRole("button", { name: /^Close the connection/ }).click();
		await closed;
		await page.getByText(t("page.connections.none")).waitFor();
	}));

	it("gives what the browser won't copy to be copied by hand", () => scene({}, async () => {
		await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(new Error("not allowed")); });
		await button(rowOf(page, "db"), "page.more").click();
		await page.getByRole("menuitem", { name: t("page.copy_address"), exact: true }).click();
		await page.getByText(t("page.copy_failed", { text: `127.0.0.1:${port}` }), { exact: true }).waitFor();
	}));

	it("is worked by the keyboard alone", () => scene({ forward: false }, async () => {
		const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
		const type = (text) => page.keyboard.type(text);
		const row = rowOf(page, "keys");

		await page.getByRole("heading", { level: 2 }).first().waitFor();
		await press("n");
		await page.getByRole("dialog").waitFor();
		await type("keys");
		await press("Tab", "Tab", "Tab", "Tab", "Tab");
		await type(String(port));
		await press("Tab", "Tab");
		await type(String(echo.port));
		await press("Enter");
		await page.getByRole("dialog").waitFor({ state: "detached" });
		await row.waitFor();
		await press("ArrowDown");
		await press("s");
		await state(row, "connected");
		assert.equal((await (await dial(port)).say(Buffer.from("k"))).toString(), "k");
		await press("s");
		await state(row, "disconnected");
		await press("e");
		await page.getByRole("dialog").waitFor();
		await press("Escape");
		await page.getByRole("dialog").waitFor({ state: "detached" });
		await press("Delete");
		await page.getByRole("dialog").waitFor();
		await press("Tab", "Enter");
		await row.waitFor({ state: "detached" });
	}));
});
