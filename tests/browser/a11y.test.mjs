/*
 * What is not seen every day: the door, the first visit, questions, trouble. Nothing
 * that axe-core finds, no scrolling sideways on the narrowest phone, no movement for
 * who wants none; a screenshot of each.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AsyncSsh } from "./harness/asyncssh.mjs";
import { axe, closePage, failedRequest, launch, openPage, rowOf, shot } from "./harness/browser.mjs";
import { folder, freePort, listen, remove } from "./harness/children.mjs";
import { Daemon } from "./harness/daemon.mjs";
import { Sshd, keygen } from "./harness/sshd.mjs";
import { words } from "./harness/words.mjs";

const LOOKS = [
	{ lang: "en", scheme: "light", width: 1920, height: 1080 },
	{ lang: "fr", scheme: "dark", width: 360, height: 740 },
];

describe("the rarer views", () => {
	let sshd, code, browser, holder, busy, own;

	before(async () => {
		own = folder();
		sshd = await Sshd.start();
		code = await AsyncSsh.start("kbdint");
		holder = createServer();
		busy = await listen(holder);
		browser = await launch();
	});
	after(async () => {
		await browser?.close();
		await code?.stop();
		await sshd?.stop();
		holder?.close();
		remove(own);
	});

	/* Another key on record than the one that it has. */
	function wrongBook() {
		const book = join(own, "wrong");
		const [type, key] = readFileSync(`${keygen(join(own, `old${Date.now()}`))}.pub`, "utf8").split(" ");

		writeFileSync(book, `[127.0.0.1]:${sshd.port} ${type} ${key}\n`);
		return book;
	}

	async function checked(page, what, look) {
		await shot(page, `${what}-${look}`);
		assert.deepEqual([what, ...await axe(page)], [what]);
		const seen = await page.evaluate(() => ({
			over: document.documentElement.scrollWidth - innerWidth,
			clipped: [...document.querySelectorAll("dialog, .dialog-body, .row, .trouble")].filter((box) => box.scrollWidth > box.clientWidth).length,
			moving: document.getAnimations().filter((a) => a.effect.getComputedTiming().activeDuration > 10).length,
		}));
		assert.deepEqual([what, seen], [what, { over: Math.min(seen.over, 0), clipped: 0, moving: 0 }]);
	}

	for (const look of LOOKS) {
		const name = `${look.lang}-${look.scheme}-${look.width}`;
		const t = words(look.lang);

		it(name, async () => {
			const daemon = await Daemon.start();
			const page = await openPage(browser, daemon, { ...look, mayFail: failedRequest });
			const check = (what) => checked(page, what, name);
			const button = (where, key, args) => where.getByRole("button", { name: t(key, args), exact: true });
			const go = (view) => page.goto(`http://${daemon.listen}/#/${view}`);
			const close = async () => {
				await page.keyboard.press("Escape");
				await page.locator("dialog").waitFor({ state: "detached" });
			};
			const add = (server, forward) => daemon.api("POST", "/forwards?start=1", {
				server, type: "local", local: "127.0.0.1:0", remote: "127.0.0.1:9", ...forward,
			});

			try {
				await page.getByText(t("page.empty.title"), { exact: true }).waitFor();
				await check("empty");
				await go("servers");
				await page.getByText(t("page.server.none"), { exact: true }).waitFor();
				await check("no-servers");
				await go("forwards");

				await daemon.addServer("vps.example", sshd);
				await daemon.addServer("changed", sshd, { known_hosts: [wrongBook()] });
				await daemon.addServer("silent", sshd, { port: await freePort() });
				await add("vps.example", { name: "A rather long name, as people give them to what matters", local: `127.0.0.1:${busy}`, tags: ["database", "production"] });
				await add("changed", { name: "Another host key" });
				await add("silent", { name: "Nobody there" });
				await button(rowOf(page, "Another host key"), "page.key_changed.compare").waitFor();
				await rowOf(page, "Nobody there").getByText(t("offer.connect_refused")).waitFor();
				await page.getByRole("button", { name: t("page.port.take", { port: "" }) }).first().waitFor();
				await check("troubles");
				await button(rowOf(page, "Another host key"), "page.key_changed.compare").click();
				await check("key-changed");
				await close();

				await daemon.addServer("asks", code, { identity_files: [] });
				await add("asks", { name: "One-time code" });
				await page.getByText("Please answer.", { exact: true }).waitFor();
				await check("prompt");
				await close();
				await page.getByText(t("page.prompt.waiting.one", { n: 1 }), { exact: true }).waitFor();
				await check("prompt-waits");
				await daemon.api("POST", "/forwards/stop", { all: true });

				await daemon.addServer("new", sshd, { known_hosts: [join(own, "none")] });
				await add("new", { name: "First contact" });
				await page.getByRole("dialog").getByText(sshd.fingerprint()).waitFor();
				await check("host-key");
				await daemon.api("POST", "/forwards/stop", { all: true });
				await page.locator("dialog").waitFor({ state: "detached" });

				await page.keyboard.press("?");
				await page.getByRole("dialog", { name: t("page.keys.title"), exact: true }).waitFor();
				await check("keys");
				await close();
				await go("servers");
				await button(rowOf(page, "vps.example"), "page.edit").click();
				await page.getByText(t("page.advanced.title"), { exact: true }).click();
				await check("edit-server");
				await close();
				await button(rowOf(page, "vps.example"), "page.delete").click();
				await check("delete-server");
				await close();
				await go("known-hosts");
				await page.getByRole("row").nth(1).waitFor();
				await check("known-hosts-some");
				const key = await page.getByRole("cell").getByText("SHA256:").first().boundingBox();
				assert.ok(key.x >= 0 && key.x + key.width <= look.width, "a fingerprint is seen without scrolling");
				await page.getByRole("row").nth(1).getByRole("button").click();
				await check("delete-host");
				await close();

				await go("settings");
				await page.getByLabel(t("page.tokens.name"), { exact: true }).fill("backup");
				await button(page, "page.tokens.make").click();
				await page.locator(".made-token").waitFor();
				await page.getByLabel(t("page.import.text"), { exact: true })
					.fill("Host web\n\tHostName web.example\n\tLocalForward 8080 127.0.0.1:80\n\tForwardX11 yes\n");
				await button(page, "page.import.look").click();
				await page.locator(".plan").scrollIntoViewIfNeeded();
				await check("import-and-token");
				await button(page, "page.settings.logout").click();
				await page.getByText(t("page.login.how")).waitFor();
				await check("login");
				await closePage(page);
			} finally {
				await daemon.stop();
			}
		});
	}
});
