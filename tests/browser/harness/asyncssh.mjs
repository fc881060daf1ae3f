/* An AsyncSSH server, which asks for passwords and one-time codes without PAM. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, folder, freePort, remove, until } from "./children.mjs";
import { answers, keygen } from "./sshd.mjs";

const SERVER = fileURLToPath(new URL("../../integration/servers/asyncssh_server.py", import.meta.url));
export const PASSWORD = "correct horse";

export class AsyncSsh {
	/* `modes`: words of that script: "password", "kbdint", … */
	static async start(...modes) {
		const one = new AsyncSsh();

		one.folder = folder();
		one.port = await freePort();
		one.user = "mole";
		one.key = keygen(join(one.folder, "id_ed25519"));
		const hostKey = keygen(join(one.folder, "host_ed25519"));
		const [type, key] = readFileSync(`${hostKey}.pub`, "utf8").split(" ");
		one.knownHosts = join(one.folder, "known_hosts");
		writeFileSync(one.knownHosts, `[127.0.0.1]:${one.port} ${type} ${key}\n`);
		one.child = new Child("/usr/bin/python3", [SERVER, String(one.port), `${one.key}.pub`, PASSWORD, hostKey, ...modes]);
		await until("AsyncSSH", () => answers(one.port));
		return one;
	}

	async stop() {
		await this.child.stop();
		remove(this.folder);
	}
}
