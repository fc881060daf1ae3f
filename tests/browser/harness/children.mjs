/* Processes, folders and ports of a test's own; all gone when it ends. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const PATIENCE_MS = 20_000;

export function folder() {
	return mkdtempSync(join(tmpdir(), "taupe-browser-"));
}

export function remove(path) {
	rmSync(path, { recursive: true, force: true });
}

export function listen(server, port = 0) {
	return new Promise((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", () => resolve(server.address().port));
	});
}

export async function freePort() {
	const server = createServer();
	const port = await listen(server);

	await new Promise((resolve) => server.close(resolve));
	return port;
}

/* What no waiting mends. */
export class Hopeless extends Error {}

/* The first truthy answer of `fn`; its last trouble is told when none comes. */
export async function until(what, fn) {
	const end = Date.now() + PATIENCE_MS;
	let trouble;

	while (Date.now() < end) {
		try {
			const answer = await fn();
			if (answer) return answer;
		} catch (e) {
			if (e instanceof Hopeless) throw e;
			trouble = e;
		}
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error(`waited in vain for ${what}${trouble ? `: ${trouble.message}` : ""}`);
}

/* A child with its output kept as text. */
export class Child {
	constructor(command, args, options = {}) {
		this.said = "";
		this.process = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
		this.process.stdout.on("data", (piece) => { this.said += piece; });
		this.process.stderr.on("data", (piece) => { this.said += piece; });
		this.isOver = false;
		this.over = new Promise((resolve) => {
			this.process.once("error", (e) => {
				this.said += e.message;
				resolve(-1);
			});
			this.process.once("exit", (code) => resolve(code ?? -1));
		});
		void this.over.then(() => { this.isOver = true; });
	}

	async stop(signal = "SIGTERM") {
		if (!this.isOver) this.process.kill(signal);
		const giveUp = setTimeout(() => this.process.kill("SIGKILL"), PATIENCE_MS);
		await this.over;
		clearTimeout(giveUp);
	}
}

/* sshd wants this folder when it runs as root. */
export function privilegeFolder() {
	if (process.getuid() === 0 && !existsSync("/run/sshd")) mkdirSync("/run/sshd", { mode: 0o755 });
}
