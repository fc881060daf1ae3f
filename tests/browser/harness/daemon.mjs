/* `taupe daemon` on a state folder of its own, as its command line and API see it. */
import { execFile } from "node:child_process";
import { chownSync } from "node:fs";
import { request } from "node:http";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, Hopeless, folder, remove, until } from "./children.mjs";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/* A page that is not in the program yet. */
const PAGE = process.env.TAUPE_PAGE ? ["--page", resolve(process.env.TAUPE_PAGE)] : [];
export const TAUPE = resolve(process.env.TAUPE ?? join(ROOT, "build/taupe"));

export class Daemon {
	/* `as`: the number of the user that it runs as, for tests by root. */
	static async start({ as } = {}) {
		const one = new Daemon();

		one.folder = folder();
		if (as !== undefined) chownSync(one.folder, as, as);
		one.prefix = as === undefined ? [] : ["setpriv", `--reuid=${as}`, `--regid=${as}`, "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"];
		one.socket = join(one.folder, "taupe.sock");
		one.state = join(one.folder, "state");
		const inherited = Object.entries(process.env)
			.filter(([name]) => !/^(DBUS_|SSH_|XDG_|TAUPE_|LC_|LANG)/.test(name));
		one.environment = {
			...Object.fromEntries(inherited), HOME: one.folder, LC_ALL: "C.UTF-8", TAUPE_NO_START: "1",
			XDG_CONFIG_HOME: join(one.folder, "config"), TAUPE_SOCKET: one.socket, TAUPE_STATE: one.state,
		};
		await one.up();
		return one;
	}

	async up() {
		const [command, ...words] = [...this.prefix, TAUPE, "daemon", "--listen", this.listen ?? "127.0.0.1:0", ...PAGE];
		this.child = new Child(command, words, { env: this.environment });
		const status = await until("the daemon", async () => {
			if (this.child.isOver) throw new Hopeless(`the daemon has ended: ${this.child.said}`);
			return await this.api("GET", "/status");
		});
		this.listen = status.listen;
	}

	/* The JSON that it answers with; what is no success throws. */
	api(method, path, body) {
		return new Promise((resolve, reject) => {
			const ask = request({
				socketPath: this.socket, method, path: `/api/v1${path}`,
				headers: body === undefined ? {} : { "Content-Type": "application/json" },
			}, (answer) => {
				let text = "";
				answer.setEncoding("utf8");
				answer.on("data", (piece) => { text += piece; });
				answer.on("end", () => {
					if (answer.statusCode >= 300) reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
					else resolve(text ? JSON.parse(text) : null);
				});
			});
			ask.on("error", reject);
			ask.end(body === undefined ? undefined : JSON.stringify(body));
		});
	}

	cli(...words) {
		return new Promise((resolve, reject) => {
			execFile(TAUPE, words, { env: this.environment }, (error, stdout, stderr) => {
				if (error) reject(new Error(`taupe ${words.join(" ")}: ${stderr || stdout}`));
				else resolve(stdout);
			});
		});
	}

	async loginLink() {
		return (await this.cli("open", "--print")).trim();
	}

	addServer(name, sshd, more = {}) {
		return this.api("POST", "/servers", {
			name, host: "127.0.0.1", port: sshd.port, user: sshd.user,
			identity_files: [sshd.key], known_hosts: [sshd.knownHosts], ...more,
		});
	}

	async stop() {
		await this.child.stop();
		remove(this.folder);
	}
}
