/*
 * The user's guide, step by step, in its own words, in both languages: sections
 * "Créer", "Exemples", "Gérer", "Surveiller", "Dépannage".
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createServer } from "node:net";
import { freePort, listen } from "./harness/children.mjs";
import { Daemon } from "./harness/daemon.mjs";
import { Sshd } from "./harness/sshd.mjs";
import { dial, dialSocks, echoServer, knock } from "./harness/echo.mjs";
import { closePage, launch, openPage, rowOf, shot } from "./harness/browser.mjs";

const WORDS = {
	en: {
		nav: "Port forwarding", addForward: "Add forward", add: "Add", save: "Save", start: "Start", stop: "Stop",
		edit: "Edit", delete: "Delete", name: "Name", type: "Type", server: "Server", localHost: "Local host",
		localPort: "Local port", remoteHost: "Remote host", remotePort: "Remote port", connected: "Connected",
		disconnected: "Disconnected", error: "Error", one: "1 connection", take: "Use port", vps: "My VPS",
		mysql: "MySQL to localhost", local: "Local", remote: "Remote", dynamic: "Dynamic", inUse: "already in use",
		refused: "refused", willStop: "It is running, and will be stopped.",
	},
	fr: {
		nav: "Redirection de ports", addForward: "Ajouter une redirection", add: "Ajouter", save: "Enregistrer",
		start: "Démarrer", stop: "Arrêter", edit: "Modifier", delete: "Supprimer", name: "Nom", type: "Type",
		server: "Serveur", localHost: "Hôte local", localPort: "Port local", remoteHost: "Hôte distant",
		remotePort: "Port distant", connected: "Connecté", disconnected: "Déconnecté", error: "Erreur",
		one: "1 connexion", take: "Prendre le port", vps: "Mon VPS", mysql: "MySQL vers localhost", local: "Local",
		remote: "Distant", dynamic: "Dynamique", inUse: "déjà utilisé", refused: "refusé",
		willStop: "Elle est en marche : elle sera arrêtée.",
	},
};

const button = (where, name) => where.getByRole("button", { name, exact: true });
const state = (row, name) => row.getByText(name, { exact: true }).waitFor();

for (const lang of ["fr", "en"]) {
	const w = WORDS[lang];

	describe(`the guide in ${lang}`, () => {
		let sshd, daemon, browser, page, echo;

		before(async () => {
			sshd = await Sshd.start();
			daemon = await Daemon.start();
			await daemon.addServer(w.vps, sshd);
			echo = await echoServer();
			browser = await launch();
			page = await openPage(browser, daemon, { lang });
		});
		after(async () => {
			if (page) await closePage(page);
			await browser?.close();
			await daemon?.stop();
			await sshd?.stop();
			await echo?.stop();
		});

		async function addForward(fields) {
			await page.getByRole("link", { name: w.nav, exact: true }).click();
			await button(page, w.addForward).first().click();
			const dialog = page.getByRole("dialog");
			await dialog.getByLabel(w.name, { exact: true }).fill(fields.name);
			await dialog.getByLabel(w.type, { exact: true }).selectOption({ label: fields.type });
			await dialog.getByLabel(w.server, { exact: true }).selectOption({ label: w.vps });
			await dialog.getByLabel(w.localHost, { exact: true }).fill(fields.localHost ?? "127.0.0.1");
			await dialog.getByLabel(w.localPort, { exact: true }).fill(String(fields.localPort));
			if (fields.remotePort !== undefined) {
				await dialog.getByLabel(w.remoteHost, { exact: true }).fill(fields.remoteHost ?? "127.0.0.1");
				await dialog.getByLabel(w.remotePort, { exact: true }).fill(String(fields.remotePort));
			}
			await shot(page, `seed-${lang}-${fields.type}-dialog`);
			await button(dialog, w.add).click();
			await dialog.waitFor({ state: "detached" });
			const row = rowOf(page, fields.name);
			await state(row, w.disconnected);
			return row;
		}

		async function remove(row) {
			await button(row, w.delete).click();
			await button(page.getByRole("dialog"), w.delete).click();
			await row.waitFor({ state: "detached" });
		}

		it("local: add, start, carry, watch, stop, edit, delete", async () => {
			const port = await freePort();
			const row = await addForward({ name: w.mysql, type: w.local, localPort: port, remotePort: echo.port });

			assert.equal(await page.getByText(w.mysql).count(), 1, "its name stands once");
			assert.equal(await page.getByRole("listitem", { name: w.mysql, exact: true }).count(), 1);
			await button(row, w.start).click();
			await state(row, w.connected);
			const client = await dial(port);
			assert.equal((await client.say(Buffer.from("hello"))).toString(), "hello");
			await row.getByText(w.one, { exact: true }).waitFor();
			await row.getByText(/\s5\s(B|o)$/).first().waitFor();
			await shot(page, `seed-${lang}-connected`);
			client.close();

			await button(row, w.stop).click();
			await state(row, w.disconnected);
			await assert.rejects(dial(port));

			const other = await freePort();
			await button(row, w.edit).click();
			const dialog = page.getByRole("dialog");
			await dialog.getByLabel(w.localPort, { exact: true }).fill(String(other));
			await button(dialog, w.save).click();
			await row.getByText(`127.0.0.1:${other}`).waitFor();
			await button(row, w.start).click();
			await state(row, w.connected);
			const again = await dial(other);
			assert.equal((await again.say(Buffer.from("x"))).toString(), "x");
			again.close();
			await button(row, w.stop).click();
			await state(row, w.disconnected);
			await remove(row);
		});

		it("remote: the server's port reaches this machine", async () => {
			const port = await freePort();
			const row = await addForward({ name: "web", type: w.remote, localPort: echo.port, remoteHost: "0.0.0.0", remotePort: port });

			await button(row, w.start).click();
			await state(row, w.connected);
			const client = await dial(port);
			assert.equal((await client.say(Buffer.from("over there"))).toString(), "over there");
			client.close();
			await button(row, w.stop).click();
			await state(row, w.disconnected);
			await remove(row);
		});

		it("dynamic: a SOCKS proxy by way of the server", async () => {
			const port = await freePort();
			const row = await addForward({ name: "proxy", type: w.dynamic, localPort: port });

			await button(row, w.start).click();
			await state(row, w.connected);
			const client = await dialSocks(port, echo.port);
			assert.equal((await client.say(Buffer.from("anywhere"))).toString(), "anywhere");
			client.close();
			await button(row, w.stop).click();
			await state(row, w.disconnected);
			await remove(row);
		});

		it("port in use: who holds it, and the next free one at a click", async () => {
			const holder = createServer();
			const port = await listen(holder);
			const row = await addForward({ name: "busy", type: w.local, localPort: port, remotePort: echo.port });

			await button(row, w.start).click();
			await state(row, w.error);
			await row.getByText(w.inUse).waitFor();
			await shot(page, `seed-${lang}-port-in-use`);
			await row.getByRole("button", { name: w.take }).click();
			await state(row, w.connected);
			await new Promise((resolve) => holder.close(resolve));
			await button(row, w.stop).click();
			await state(row, w.disconnected);
			await remove(row);
		});

		it("port in use: choosing another one without stopping first", async () => {
			const holder = createServer();
			const port = await listen(holder), other = await freePort();
			const row = await addForward({ name: "held", type: w.local, localPort: port, remotePort: echo.port });

			await button(row, w.start).click();
			await state(row, w.error);
			await button(row, w.edit).click();
			await page.getByRole("dialog").getByLabel(w.localPort, { exact: true }).fill(String(other));
			await button(page.getByRole("dialog"), w.save).click();
			await state(row, w.connected);
			await row.getByText(`127.0.0.1:${other}`).waitFor();
			await new Promise((resolve) => holder.close(resolve));
			await button(row, w.delete).click();
			await page.getByRole("dialog").getByText(w.willStop, { exact: true }).waitFor();
			await button(page.getByRole("dialog"), w.delete).click();
			await row.waitFor({ state: "detached" });
		});

		it("connection refused: the destination's, the forward stays connected", async () => {
			const port = await freePort(), nobody = await freePort();
			const row = await addForward({ name: "silent", type: w.local, localPort: port, remotePort: nobody });

			await button(row, w.start).click();
			await state(row, w.connected);
			await knock(port);
			await row.getByText(w.refused).waitFor();
			await state(row, w.connected);
			await button(row, w.stop).click();
			await state(row, w.disconnected);
			await remove(row);
		});
	});
}
