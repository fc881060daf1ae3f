/* Servers, settings, import and export, tokens, the lock, pasted commands. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { freePort } from "./harness/children.mjs";
import { Daemon } from "./harness/daemon.mjs";
import { Sshd } from "./harness/sshd.mjs";
import { closePage, launch, openPage, rowOf, shot } from "./harness/browser.mjs";
import { words } from "./harness/words.mjs";

const t = words("en");
const button = (where, key, args) => where.getByRole("button", { name: t(key, args), exact: true });
const field = (where, key) => where.getByLabel(t(key), { exact: true });

describe("the page", () => {
	let sshd, daemon, browser, page;

	before(async () => {
		browser = await launch();
		sshd = await Sshd.start();
	});
	after(async () => {
		await browser?.close();
		await sshd?.stop();
	});
	beforeEach(async () => {
		daemon = await Daemon.start();
		page = await openPage(browser, daemon);
	});
	afterEach(async () => {
		try {
			await closePage(page);
		} finally {
			await daemon.stop();
		}
	});

	const go = (view) => page.goto(`http://${daemon.listen}/#/${view}`);

	it("adds a server in the midst of adding a forward, and starts it", async () => {
		await button(page, "page.forward.add_title").click();
		await field(page.getByRole("dialog"), "page.field.name").fill("db");
		await button(page, "page.server.new").click();
		const dialog = page.getByRole("dialog").last();
		await field(dialog, "page.field.name").fill("VPS");
		await field(dialog, "page.server.host").fill(`${sshd.user}@127.0.0.1:${sshd.port}`);
		await field(dialog, "page.server.keys").fill(sshd.key);
		await dialog.getByText(t("page.advanced.title"), { exact: true }).click();
		await field(dialog, "page.server.known_hosts").fill(sshd.knownHosts);
		await button(dialog, "page.add").click();
		await page.locator("dialog").nth(1).waitFor({ state: "detached" });
		const forward = page.getByRole("dialog");
		assert.equal(await field(forward, "page.field.server").locator("option:checked").textContent(), "VPS");
		await field(forward, "page.field.local_port").fill(String(await freePort()));
		await field(forward, "page.field.remote_port").fill("5432");
		await button(forward, "page.forward.add_and_start").click();
		await rowOf(page, "db").getByText(t("page.state.connected"), { exact: true }).waitFor();

		await go("servers");
		await rowOf(page, "VPS").getByText(t("page.count.links.one", { n: 1 })).waitFor();
		await button(rowOf(page, "VPS"), "page.test").click();
		await page.getByText(t("page.test_ok")).waitFor();
		await page.keyboard.press("Escape");
		await button(rowOf(page, "VPS"), "page.delete").click();
		await button(page.getByRole("dialog"), "page.delete").click();
		await rowOf(page, "VPS").waitFor({ state: "detached" });
		assert.deepEqual(await daemon.api("GET", "/forwards"), []);
	});

	it("tells of what is typed wrong, in the daemon's words, where it stands", async () => {
		page.mayFail = () => true;
		await daemon.addServer("VPS", sshd);
		await button(page, "page.forward.add_title").click();
		const dialog = page.getByRole("dialog");
		await field(dialog, "page.field.local_port").fill("70000");
		await dialog.locator("[aria-invalid=true]").waitFor();
		await button(dialog, "page.add").click();
		await dialog.getByRole("alert").first().waitFor();
		assert.equal(await field(dialog, "page.field.name").getAttribute("aria-invalid"), "true");
		assert.ok(await field(dialog, "page.field.name").evaluate((input) => input === document.activeElement));
		await shot(page, "invalid");
	});

	it("fills a forward from a pasted ssh command", async () => {
		const port = await freePort();

		await button(page, "page.forward.add_title").click();
		await button(page, "page.paste.open").click();
		await page.getByLabel(t("page.paste.label")).fill(`ssh -N -L ${port}:db.internal:3306 -J you@gate:2200 -i ${sshd.key} -p ${sshd.port} me@127.0.0.1`);
		await button(page, "page.paste.read").click();
		const server = page.getByRole("dialog").last();
		await shot(page, "pasted");
		assert.equal(await field(server, "page.server.host").inputValue(), "127.0.0.1");
		assert.equal(await field(server, "page.server.port").inputValue(), String(sshd.port));
		assert.equal(await field(server, "page.server.user").inputValue(), "me");
		await button(server, "page.add").click();
		await page.locator("dialog").nth(1).waitFor({ state: "detached" });
		const [{ proxy_jump: way, identity_files: keys }] = await daemon.api("GET", "/servers");
		assert.deepEqual([way, keys], ["you@gate:2200", [sshd.key]]);
		const dialog = page.getByRole("dialog");
		assert.equal(await field(dialog, "page.field.local_port").inputValue(), String(port));
		assert.equal(await field(dialog, "page.field.remote_host").inputValue(), "db.internal");
		await button(dialog, "page.add").click();
		await dialog.waitFor({ state: "detached" });
		await page.getByText("db.internal:3306").waitFor();
		await daemon.addServer("known", sshd, { host: "localhost" });
		await button(page, "page.forward.add_title").click();
		await button(page, "page.paste.open").click();
		await page.getByLabel(t("page.paste.label")).fill(`ssh -N -L ${port}:db.internal:3306 -p ${sshd.port} ${sshd.user}@localhost`);
		await button(page, "page.paste.read").click();
		await page.waitForFunction((label) => [...document.querySelectorAll("dialog label")]
			.find((l) => l.textContent === label).control.selectedOptions[0].text === "known", t("page.field.server"));
		assert.equal(await dialog.count(), 1, "a server that is there is not asked for again");
		await page.keyboard.press("Escape");
	});

	it("speaks the language and wears the theme that are chosen, in every window", async () => {
		const other = await openPage(browser, daemon);

		await go("settings");
		await field(page, "page.settings.language").selectOption("fr");
		await page.getByRole("heading", { name: "Réglages", level: 1 }).waitFor();
		await other.getByRole("heading", { name: "Redirection de ports", level: 1 }).waitFor();
		await page.getByLabel("Thème", { exact: true }).selectOption("dark");
		await other.locator("html[data-theme=dark]").waitFor();
		assert.equal((await daemon.api("GET", "/settings")).language, "fr");
		await closePage(other);
	});

	it("makes a token, shows it once, and takes it back", async () => {
		await go("settings");
		await field(page, "page.tokens.name").fill("backup");
		await button(page, "page.tokens.make").click();
		const token = await page.locator(".made-token code").textContent();
		const ask = () => fetch(`http://${daemon.listen}/api/v1/status`, { headers: { Authorization: `Bearer ${token}` } });
		assert.equal((await ask()).status, 200);
		await button(page, "page.tokens.revoke", { name: "backup" }).click();
		await page.getByRole("cell", { name: "backup", exact: true }).waitFor({ state: "detached" });
		assert.equal((await ask()).status, 401);
	});

	it("locks itself with a passphrase", async () => {
		await go("settings");
		await field(page, "page.lock.new").fill("a long enough phrase");
		await button(page, "page.lock.apply").click();
		await page.getByText(t("page.lock.is_set")).waitFor();
		page.mayFail = () => true;
		await page.goto("about:blank");
		await page.goto(await daemon.loginLink());
		await page.getByLabel(t("page.login.passphrase")).fill("a long enough phrase");
		await button(page, "page.login.enter").click();
		await page.waitForURL(`http://${daemon.listen}/`);
		await page.getByRole("heading", { level: 1 }).waitFor();
	});

	it("forgets secrets that nothing opens any more, once asked twice", async () => {
		await daemon.api("PUT", "/settings/secrets", { how: "passphrase", passphrase: "lost for ever" });
		await page.goto("about:blank");
		await daemon.child.stop();
		await daemon.up();
		await page.goto(await daemon.loginLink());
		await page.waitForURL(`http://${daemon.listen}/`);
		await go("settings");
		await button(page, "page.secrets.forget").click();
		const dialog = page.getByRole("dialog", { name: t("page.secrets.forget_title") });
		await button(dialog, "page.cancel").click();
		await dialog.waitFor({ state: "hidden" });
		assert.equal((await daemon.api("GET", "/settings")).secrets_locked, true);
		await button(page, "page.secrets.forget").click();
		await shot(page, "forget-secrets");
		await button(dialog, "page.secrets.forget").click();
		await dialog.waitFor({ state: "hidden" });
		await page.getByText(t("page.secrets.locked")).waitFor({ state: "hidden" });
		assert.equal((await daemon.api("GET", "/settings")).secrets_locked, false);
	});

	it("shows what an import would do, does it, and finds nothing new the second time", async () => {
		const text = "Host web\n\tHostName web.example\n\tUser me\n\tLocalForward 8080 127.0.0.1:80\n\tForwardX11 yes\n";

		await go("settings");
		await page.getByLabel(t("page.import.text")).fill(text);
		await button(page, "page.import.look").click();
		await page.locator(".plan").waitFor();
		await shot(page, "import");
		await page.locator(".plan").getByRole("button").click();
		await page.getByText(t("page.import.done")).waitFor();
		assert.equal((await daemon.api("GET", "/forwards")).length, 1);
		await button(page, "page.import.look").click();
		await page.getByText(t("page.import.nothing")).waitFor();
		const [download] = await Promise.all([page.waitForEvent("download"), button(page, "page.export.json").click()]);
		assert.match(readFileSync(await download.path(), "utf8"), /web\.example/);
	});

	it("shows what flowed by minute, hour and day", async () => {
		const server = await daemon.addServer("VPS", sshd);
		const f = await daemon.api("POST", "/forwards", { name: "db", type: "dynamic", server_id: server.id, local: "127.0.0.1:0" });

		await go(`forwards/${f.id}`);
		for (const span of ["minute", "hour", "day", "live"]) {
			await button(page, `page.graph.${span}`).click();
			await page.locator(".uplot canvas").waitFor();
		}
		await page.getByRole("link", { name: t("page.back") }).click();
		await rowOf(page, "db").waitFor();
	});
});
