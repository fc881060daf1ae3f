/* A real sshd on a free loopback port, with keys of its own. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { Child, folder, freePort, privilegeFolder, remove, until } from "./children.mjs";

const SSHD = process.env.SSHD ?? "/usr/sbin/sshd";

export function keygen(path, passphrase = "") {
	execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-C", "test", "-f", path]);
	return path;
}

export function fingerprint(key) {
	return execFileSync("ssh-keygen", ["-lf", `${key}.pub`], { encoding: "utf8" }).split(" ")[1];
}

export function answers(port) {
	return new Promise((resolve, reject) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("data", () => {
			socket.destroy();
			resolve(true);
		});
		socket.once("error", reject);
	});
}

function kill(pid) {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		/* It is gone already. */
	}
}

export class Sshd {
	/* `more`: further lines of sshd_config. */
	static async start(more = []) {
		const one = new Sshd();

		privilegeFolder();
		one.folder = folder();
		one.port = await freePort();
		one.user = userInfo().username;
		one.key = keygen(join(one.folder, "id_ed25519"));
		one.hostKey = keygen(join(one.folder, "host_ed25519"));
		one.knownHosts = join(one.folder, "known_hosts");
		one.more = more;
		one.know();
		await one.up();
		return one;
	}

	/* Writes its key where the client looks it up. */
	know() {
		const [type, key] = readFileSync(`${this.hostKey}.pub`, "utf8").split(" ");
		writeFileSync(this.knownHosts, `[127.0.0.1]:${this.port} ${type} ${key}\n`);
	}

	newHostKey() {
		this.hostKey = keygen(join(this.folder, `host_ed25519_${Date.now()}`));
	}

	fingerprint() {
		return fingerprint(this.hostKey);
	}

	async up() {
		const config = join(this.folder, "sshd_config");

		writeFileSync(config, [
			`Port ${this.port}`, "ListenAddress 127.0.0.1", `HostKey ${this.hostKey}`, "PidFile none",
			`AuthorizedKeysFile ${this.key}.pub`, "StrictModes no", "UsePAM no", "PermitRootLogin yes",
			"PasswordAuthentication no", "KbdInteractiveAuthentication no", "UseDNS no",
			"GatewayPorts clientspecified", "MaxStartups 100", ...this.more, "",
		].join("\n"));
		this.child = new Child(SSHD, ["-D", "-e", "-f", config]);
		await until("sshd", () => answers(this.port));
	}

	/* The processes that serve the links of now. */
	sessions() {
		return execFileSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" })
			.split("\n").map((line) => line.trim().split(/\s+/).map(Number))
			.filter(([, parent]) => parent === this.child.process.pid).map(([pid]) => pid);
	}

	/* The listener and every session of it. */
	async down() {
		const sessions = this.sessions();

		await this.child.stop();
		sessions.forEach(kill);
	}

	/* Its links are cut, and new ones get no answer until thaw(). */
	freeze() {
		this.child.process.kill("SIGSTOP");
		this.sessions().forEach(kill);
	}

	thaw() {
		this.child.process.kill("SIGCONT");
	}

	async stop() {
		await this.child.stop();
		remove(this.folder);
	}
}
