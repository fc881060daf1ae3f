/* The whole guide by the keyboard alone, in French: Tab, Enter, arrows, letters. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { closePage, launch, openPage, rowOf } from "./harness/browser.mjs";
import { freePort } from "./harness/children.mjs";
import { Daemon } from "./harness/daemon.mjs";
import { dial, dialSocks, echoServer } from "./harness/echo.mjs";
import { Sshd } from "./harness/sshd.mjs";

const TABS = 60;

describe("by the keyboard alone", () => {
	let sshd, daemon, echo, browser, page;

	before(async () => {
		sshd = await Sshd.start();
		daemon = await Daemon.start();
		await daemon.addServer("Mon VPS", sshd);
		echo = await echoServer();
		browser = await launch();
		page = await openPage(browser, daemon, { lang: "fr" });
		await page.getByRole("heading", { level: 1 }).waitFor();
	});
	after(async () => {
		if (page) await closePage(page);
		await browser?.close();
		await daemon?.stop();
		await sshd?.stop();
		await echo?.stop();
	});

	const press = (key) => page.keyboard.press(key);
	const button = (where, name) => where.getByRole("button", { name, exact: true });
	const label = (where, name) => where.getByLabel(name, { exact: true });
	const state = (row, name) => row.getByText(name, { exact: true }).waitFor();
	const isFocused = (locator) => locator.evaluate((element) => element === document.activeElement);

	async function tabTo(locator) {
		await locator.waitFor();
		for (let i = 0; i < TABS; i++) {
			if (await isFocused(locator)) return;
			await press("Tab");
		}
		assert.fail(`Tab does not reach ${locator}`);
	}

	async function use(locator) {
		await tabTo(locator);
		await press("Enter");
	}

	/* Types over what stands in a field. */
	async function fill(locator, text) {
		await tabTo(locator);
		await press("Control+A");
		await page.keyboard.type(String(text));
	}

	async function choose(locator, wanted) {
		await tabTo(locator);
		await press("Home");
		for (let i = 0; i < 3 && (await locator.locator("option:checked").textContent()) !== wanted; i++) await press("ArrowDown");
		assert.equal(await locator.locator("option:checked").textContent(), wanted);
	}

	async function add(f) {
		await use(page.getByRole("link", { name: "Redirection de ports", exact: true }));
		await use(button(page, "Ajouter une redirection").first());
		const dialog = page.getByRole("dialog");
		await fill(label(dialog, "Nom"), f.name);
		await choose(label(dialog, "Type"), f.type);
		await choose(label(dialog, "Serveur"), "Mon VPS");
		await fill(label(dialog, "Hôte local"), "127.0.0.1");
		await fill(label(dialog, "Port local"), f.localPort);
		if (f.remotePort) {
			await fill(label(dialog, "Hôte distant"), "127.0.0.1");
			await fill(label(dialog, "Port distant"), f.remotePort);
		}
		await use(button(dialog, "Ajouter"));
		await dialog.waitFor({ state: "detached" });
		return rowOf(page, f.name);
	}

	async function startCarryStop(row, connect) {
		await use(button(row, "Démarrer"));
		await state(row, "Connecté");
		const client = await connect();
		assert.equal((await client.say(Buffer.from("ping"))).toString(), "ping");
		client.close();
		await use(button(row, "Arrêter"));
		await state(row, "Déconnecté");
	}

	async function remove(row) {
		await use(button(row, "Supprimer"));
		await use(button(page.getByRole("dialog"), "Supprimer"));
		await row.waitFor({ state: "detached" });
	}

	it("local: add, start, stop, edit, delete", async () => {
		const port = await freePort(), other = await freePort();
		const row = await add({ name: "MySQL vers localhost", type: "Local", localPort: port, remotePort: echo.port });

		await startCarryStop(row, () => dial(port));
		await use(button(row, "Modifier"));
		const dialog = page.getByRole("dialog");
		await fill(label(dialog, "Port local"), other);
		await use(button(dialog, "Enregistrer"));
		await dialog.waitFor({ state: "detached" });
		assert.ok(await isFocused(button(row, "Modifier")), "the focus is back where it was");
		await startCarryStop(row, () => dial(other));
		await remove(row);
	});

	it("remote", async () => {
		const port = await freePort();
		const row = await add({ name: "Site", type: "Distant", localPort: echo.port, remotePort: port });

		await startCarryStop(row, () => dial(port));
		await remove(row);
	});

	it("dynamic", async () => {
		const port = await freePort();
		const row = await add({ name: "Mandataire", type: "Dynamique", localPort: port });

		await startCarryStop(row, () => dialSocks(port, echo.port));
		await remove(row);
	});

	it("the page's own keys, shown by one of them; a menu by arrows", async () => {
		const row = await add({ name: "touches", type: "Dynamique", localPort: await freePort() });

		await press("?");
		await page.getByRole("dialog", { name: "Clavier", exact: true }).waitFor();
		await press("Escape");
		await page.getByRole("dialog").waitFor({ state: "detached" });
		await press("/");
		await page.keyboard.type("touch");
		await row.waitFor();
		await use(button(row, "Autres actions"));
		await page.getByRole("menuitem").first().waitFor();
		await press("End");
		assert.ok(await isFocused(page.getByRole("menuitem").last()));
		await press("Escape");
		await page.getByRole("menu").waitFor({ state: "detached" });
		assert.ok(await isFocused(button(row, "Autres actions")));
		await remove(row);
	});
});
