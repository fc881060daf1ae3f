/*
 * The table of what may go wrong, row by row, against real servers: each is read on
 * the page, its sentence and what to do next, and each offer is taken.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { AsyncSsh, PASSWORD } from "./harness/asyncssh.mjs";
import { closePage, failedRequest, launch, openPage, rowOf, shot } from "./harness/browser.mjs";
import { folder, freePort, listen, remove } from "./harness/children.mjs";
import { Daemon } from "./harness/daemon.mjs";
import { dial, echoServer, knock } from "./harness/echo.mjs";
import { Sshd, fingerprint, keygen } from "./harness/sshd.mjs";
import { patterns, words } from "./harness/words.mjs";

const PASSPHRASE = "a mole's own word";
const NOBODY = 65534;
const FIRST_PORT = Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));

/* Listens, with a queue so full that it answers nobody. */
const DEAF = `
import socket, sys
held = [socket.create_server(("127.0.0.1", 0), backlog=0)]
address = held[0].getsockname()
try:
    while True:
        held.append(socket.create_connection(address, 0.3))
except OSError:
    print(address[1], flush=True)
sys.stdin.read()
`;

function deafPort() {
	const child = spawn("/usr/bin/python3", ["-c", DEAF], { stdio: ["pipe", "pipe", "inherit"] });

	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.stdout.once("data", (line) => resolve({ port: Number(line), stop: () => child.stdin.end() }));
	});
}

describe("what may go wrong", () => {
	let sshd, daemon, echo, browser, own;
	const pages = {};

	before(async () => {
		own = folder();
		sshd = await Sshd.start();
		daemon = await Daemon.start();
		echo = await echoServer();
		browser = await launch();
		for (const lang of ["en", "fr"]) pages[lang] = await openPage(browser, daemon, { lang, mayFail: failedRequest });
	});
	afterEach(async () => {
		for (const { id } of await daemon.api("GET", "/servers")) await daemon.api("DELETE", `/servers/${id}?stop=1&forwards=1`);
	});
	after(async () => {
		for (const page of Object.values(pages)) await closePage(page);
		await browser?.close();
		await daemon?.stop();
		await sshd?.stop();
		await echo?.stop();
		remove(own);
	});

	const local = () => ({ type: "local", local: "127.0.0.1:0", remote: `127.0.0.1:${echo.port}` });

	/* A forward on a server of these fields, in the eyes of a reader of that language. */
	async function scene(lang, server, forward = local(), keeper = daemon, page = pages[lang]) {
		const { id } = await keeper.addServer("vps", sshd, server);
		const made = await keeper.api("POST", "/forwards", { name: "tunnel", server_id: id, ...forward });
		const t = words(lang), like = patterns(lang), row = rowOf(page, "tunnel");
		const button = (where, key, args) => where.getByRole("button", { name: t(key, args), exact: true });

		await page.goto(`http://${keeper.listen}/#/forwards`);
		return {
			page, row, t, button, id: made.id,
			start: () => button(row, "page.start").click(),
			state: (name) => row.getByText(t(`page.state.${name}`), { exact: true }).waitFor().catch(async () => {
				assert.fail(`not ${name}: ${await row.innerText()}`);
			}),
			/* The sentence and what to do next, one behind the other. A host that is an
			 * address is not said twice. */
			says: async (code, args, offered = args) => {
				const sentence = like(`error.${code}`, args).source.replace(/(\S+)\\s\+\\\(\1\\\)/, "$1");
				const wanted = new RegExp(`${sentence}\\s+${like(`offer.${code}`, offered).source}`);
				await row.getByText(wanted).waitFor().catch(async () => {
					assert.fail(`${wanted} is not in: ${await row.innerText()}`);
				});
			},
			bound: async () => (await keeper.api("GET", `/forwards/${made.id}`)).bound_port,
		};
	}

	async function carries(port) {
		const client = await dial(port);

		assert.equal((await client.say(Buffer.from("ping"))).toString(), "ping");
		client.close();
	}

	describe("on this side", () => {
		it("port_in_use: who holds it, said before saving; one click takes the next free port", async () => {
			const holder = createServer();
			const port = await listen(holder);
			const s = await scene("en", {});
			const dialog = s.page.getByRole("dialog");

			await s.button(s.row, "page.edit").click();
			await dialog.getByLabel(s.t("page.field.local_port"), { exact: true }).fill(String(port));
			await dialog.getByText(new RegExp(`127\\.0\\.0\\.1:${port} is already in use by .*${process.pid}`)).waitFor();
			await shot(s.page, "error-port-in-use-dialog");
			await dialog.getByRole("button", { name: /^Use port / }).click();
			const taken = await dialog.getByLabel(s.t("page.field.local_port"), { exact: true }).inputValue();
			assert.notEqual(taken, String(port));
			await dialog.getByText(/already in use/).waitFor({ state: "detached" });
			await s.button(dialog, "page.save").click();
			await dialog.waitFor({ state: "detached" });
			await s.start();
			await s.state("connected");
			assert.equal(await s.bound(), Number(taken));
			await new Promise((resolve) => holder.close(resolve));
		});

		it("port_not_permitted: which right is missing", async (t) => {
			if (process.getuid() !== 0) return t.skip("only root can start the daemon as somebody else");
			if (FIRST_PORT < 2) return t.skip("here anybody may listen anywhere");
			const other = await Daemon.start({ as: NOBODY });
			try {
				const page = await openPage(browser, other, { lang: "fr", mayFail: failedRequest });
				const s = await scene("fr", {}, { type: "dynamic", local: "127.0.0.1:1" }, other, page);

				await s.start();
				await s.says("port_not_permitted", { address: "127.0.0.1:1" }, { first: FIRST_PORT });
				await s.row.getByText(/CAP_NET_BIND_SERVICE/).waitFor();
				await s.state("error");
				await shot(page, "error-port-not-permitted");
				await closePage(page);
			} finally {
				await other.stop();
			}
		});

		it("what a field may not be, in the daemon's words beside the field", async () => {
			const s = await scene("fr", {});
			const dialog = s.page.getByRole("dialog");

			await s.button(s.page, "page.forward.add_title").click();
			await dialog.getByLabel(s.t("page.field.name"), { exact: true }).fill("tunnel");
			await dialog.getByLabel(s.t("page.field.local_port"), { exact: true }).fill("70000");
			await s.button(dialog, "page.add").click();
			await dialog.getByRole("alert").filter({ hasText: s.t("error.name_taken", { name: "tunnel" }) }).waitFor();
			await dialog.getByRole("alert").nth(1).waitFor();
			await shot(s.page, "error-fields");
			await s.page.keyboard.press("Escape");
		});
	});

	describe("on the way to the server", () => {
		for (const lang of ["en", "fr"]) {
			it(`dns_failed, in ${lang}`, async () => {
				const s = await scene(lang, { host: "nowhere.invalid" });

				await s.start();
				await s.says("dns_failed", { host: "nowhere.invalid" });
				await shot(s.page, `error-dns-${lang}`);
			});

			it(`connect_refused, in ${lang}; taken up again when it listens`, async () => {
				const port = await freePort();
				const s = await scene(lang, { port });

				await s.start();
				await s.says("connect_refused", { host: "127.0.0.1", address: "127.0.0.1", port });
				await s.button(s.row, "page.retry").click();
				await s.says("connect_refused", { host: "127.0.0.1", address: "127.0.0.1", port });
				await s.button(s.row, "page.stop").click();
				await s.state("disconnected");
			});
		}

		it("connect_timeout: after how long", async () => {
			const deaf = await deafPort();
			const s = await scene("fr", { port: deaf.port, connect_timeout_s: 1 });

			await s.start();
			await s.says("connect_timeout", { host: "127.0.0.1", address: "127.0.0.1", port: deaf.port, seconds: 1 })
				.finally(deaf.stop);
		});

		/* TCP goes to no group address, on whatever network. */
		it("host_unreachable", async () => {
			const s = await scene("en", { host: "224.0.0.1" });

			await s.start();
			await s.says("host_unreachable", { host: "224.0.0.1", address: "224.0.0.1" });
		});

		it("link_lost: for how long it was up; back by itself", async () => {
			const s = await scene("en", {});

			await s.start();
			await s.state("connected");
			sshd.freeze();
			try {
				await s.state("reconnecting");
				await s.says("link_lost");
				await shot(s.page, "error-link-lost");
			} finally {
				sshd.thaw();
			}
			await s.state("connected");
			await s.row.getByRole("link", { name: "tunnel", exact: true }).click();
			await s.page.getByRole("listitem").filter({ hasText: /The link was lost: .*It had been up for \d/ }).first().waitFor();
		});
	});

	describe("before the server lets us in", () => {
		it("host_key_unknown: the fingerprint and a question; yes connects", async () => {
			const s = await scene("fr", { known_hosts: [join(own, "known")] });
			const dialog = s.page.getByRole("dialog", { name: s.t("page.prompt.host_key_title", { server: "vps" }), exact: true });

			await s.start();
			await dialog.getByText(sshd.fingerprint(), { exact: true }).waitFor();
			await dialog.getByText("ED25519", { exact: true }).waitFor();
			await shot(s.page, "prompt-host-key");
			await s.button(dialog, "page.prompt.trust").click();
			await dialog.waitFor({ state: "detached" });
			await s.state("connected");
			await carries(await s.bound());
			await s.page.getByRole("link", { name: s.t("page.nav.hosts"), exact: true }).click();
			await s.page.getByRole("row").filter({ hasText: `[127.0.0.1]:${sshd.port}` }).getByText(sshd.fingerprint()).waitFor();
			await shot(s.page, "known-hosts-one");
		});

		it("host_key_unknown: no is no", async () => {
			const s = await scene("en", { known_hosts: [join(own, "none")] });

			await s.start();
			await s.button(s.page.getByRole("dialog"), "page.prompt.refuse").click();
			await s.says("host_key_unknown", { fingerprint: sshd.fingerprint() });
			await s.state("error");
		});

		it("host_key_changed: both fingerprints, file and line; never connects", async () => {
			const old = keygen(join(own, "old_host_key")), book = join(own, "changed");
			const [type, key] = readFileSync(`${old}.pub`, "utf8").split(" ");
			writeFileSync(book, `# mine\n[127.0.0.1]:${sshd.port} ${type} ${key}\n`);
			const s = await scene("fr", { known_hosts: [book] });
			const dialog = s.page.getByRole("dialog");

			await s.start();
			await s.says("host_key_changed", { fingerprint: sshd.fingerprint(), recorded: fingerprint(old), file: book, line: 2 }, {});
			await s.state("error");
			await s.button(s.row, "page.key_changed.compare").click();
			await dialog.getByText(fingerprint(old)).waitFor();
			await dialog.getByText(sshd.fingerprint()).waitFor();
			await dialog.getByText(s.t("page.key_changed.where", { file: book, line: 2 }), { exact: true }).waitFor();
			await shot(s.page, "error-host-key-changed");
			await s.button(dialog, "page.key_changed.keep").click();
			await dialog.waitFor({ state: "detached" });
			await s.state("error");
			assert.ok(readFileSync(book, "utf8").includes(key));
		});

		for (const lang of ["en", "fr"]) {
			it(`auth_failed, in ${lang}: what was tried, what is accepted`, async () => {
				const s = await scene(lang, { identity_files: [keygen(join(own, `stranger-${lang}`))], identities_only: true });

				await s.start();
				await s.says("auth_failed", { user: sshd.user });
				await s.row.getByText(new RegExp(`stranger-${lang}.*publickey`)).waitFor();
				await s.state("error");
			});
		}
	});

	describe("what the server asks", () => {
		/* The dialog that asks; `fields` are its labels. */
		function asked(s) {
			const dialog = s.page.getByRole("dialog", { name: s.t("page.prompt.title", { server: "vps" }), exact: true });
			const fill = (label, text) => dialog.getByLabel(label, { exact: true }).fill(text);

			return { dialog, fill, send: () => s.button(dialog, "page.prompt.answer").click() };
		}

		/* One that the server takes. */
		function lockedKey(name) {
			const key = keygen(join(own, name), PASSPHRASE);

			appendFileSync(`${sshd.key}.pub`, readFileSync(`${key}.pub`));
			return key;
		}

		const of = (server) => ({ port: server.port, user: server.user, identity_files: [], known_hosts: [server.knownHosts] });

		it("password: asked in a dialog, again when it is wrong", async () => {
			const server = await AsyncSsh.start("password");
			try {
				const s = await scene("fr", of(server));
				const q = asked(s);

				await s.start();
				await q.dialog.getByText(s.t("prompt.password", { about: "" }).trim().slice(0, 12)).first().waitFor();
				await q.fill(s.t("page.prompt.kind.password"), "wrong");
				await q.send();
				await q.dialog.getByText(s.t("page.prompt.again"), { exact: true }).waitFor();
				await shot(s.page, "prompt-password");
				await q.fill(s.t("page.prompt.kind.password"), PASSWORD);
				await q.send();
				await s.state("connected");
				await carries(await s.bound());
			} finally {
				await server.stop();
			}
		});

		it("one-time code: two rounds in the server's own words", async () => {
			const server = await AsyncSsh.start("kbdint");
			try {
				const s = await scene("en", of(server));
				const q = asked(s);

				await s.start();
				await q.dialog.getByText("Please answer.", { exact: true }).waitFor();
				await q.fill("Password", PASSWORD);
				await q.send();
				await q.fill("Code", "123456");
				await q.fill("Colour", "mauve");
				await shot(s.page, "prompt-one-time-code");
				await q.send();
				await s.state("connected");
				await carries(await s.bound());
			} finally {
				await server.stop();
			}
		});

		it("passphrase: put aside, it waits in the bar; answered, it connects", async () => {
			const key = lockedKey("locked");
			const s = await scene("en", { identity_files: [key], identities_only: true });
			const q = asked(s);

			await s.start();
			await q.dialog.getByText(key).first().waitFor();
			await s.page.keyboard.press("Escape");
			await q.dialog.waitFor({ state: "detached" });
			await s.says("need_input", { about: key });
			await s.button(s.page, "page.prompt.show").click();
			await q.fill(s.t("page.prompt.kind.passphrase"), PASSPHRASE);
			await q.send();
			await s.state("connected");
		});

		it("given up: it says what was missing", async () => {
			const s = await scene("fr", { identity_files: [lockedKey("shut")], identities_only: true });
			const q = asked(s);

			await s.start();
			await s.button(q.dialog, "page.prompt.give_up").click();
			await q.dialog.waitFor({ state: "detached" });
			await s.state("error");
		});
	});

	describe("what the server would not do", () => {
		it("remote_listen_refused: the port is taken there", async () => {
			const s = await scene("fr", {}, { type: "remote", local: `127.0.0.1:${echo.port}`, remote: `127.0.0.1:${echo.port}` });

			await s.start();
			await s.says("remote_listen_refused", { address: `127.0.0.1:${echo.port}` });
			await s.state("error");
			await shot(s.page, "error-remote-listen-refused");
		});

		/* Per destination: the forward stays connected. */
		async function reaches(s, code, destination) {
			await s.start();
			await s.state("connected");
			await knock(await s.bound());
			await s.says(code, { destination });
			await s.state("connected");
		}

		it("target_refused", async () => {
			const remote = `127.0.0.1:${await freePort()}`;

			await reaches(await scene("en", {}, { ...local(), remote }), "target_refused", remote);
		});

		it("target_unreachable", async () => {
			const s = await scene("fr", {}, { ...local(), remote: "nowhere.invalid:80" });

			await reaches(s, "target_unreachable", "nowhere.invalid:80");
			await shot(s.page, "error-target-unreachable");
		});

		it("target_prohibited", async () => {
			const strict = await Sshd.start(["PermitOpen 127.0.0.1:1"]);
			try {
				const s = await scene("en", {
					port: strict.port, identity_files: [strict.key], known_hosts: [strict.knownHosts],
				}, { ...local(), remote: "127.0.0.1:9" });

				await reaches(s, "target_prohibited", "127.0.0.1:9");
			} finally {
				await strict.stop();
			}
		});
	});
});
