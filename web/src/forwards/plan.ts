/* What a pasted command becomes in the form: its first forward, and its server. */
import type { ImportPlan, Server } from "../api/types";
import type { ServerForm } from "../servers/form";
import type { ForwardForm } from "./form";

/* "[::1]:80" → ::1 and 80; "/run/x.sock" → the path; null → nothing. */
export function splitAddress(text: string | null): { host: string; port: string } {
	if (text === null || text.startsWith("/") || text.startsWith("~")) return { host: text ?? "", port: "" };
	const colon = text.lastIndexOf(":");
	const host = text.slice(0, Math.max(0, colon));

	return { host: host.replace(/^\[(.*)\]$/, "$1"), port: text.slice(colon + 1) };
}

interface Found {
	form: Partial<ForwardForm> | null;
	/* A server that is not there yet. */
	server: Partial<ServerForm> | null;
	/* Forwards past the first. */
	more: number;
}

type Wanted = ImportPlan["servers"][number];

/* Options that have an input of their own. */
const INPUTS: Record<string, "proxyJump" | "proxyCommand" | "identityFiles"> = {
	proxyjump: "proxyJump", proxycommand: "proxyCommand", identityfile: "identityFiles",
};

function serverDraft(wanted: Wanted): Partial<ServerForm> {
	const draft = { proxyJump: "", proxyCommand: "", identityFiles: "", options: "" };

	for (const option of wanted.options ?? []) {
		const [, name = "", value = ""] = /^([^=]*)=(.*)$/.exec(option) ?? [];
		const input = INPUTS[name.toLowerCase()];
		const line = input ? value : option;
		draft[input ?? "options"] += (draft[input ?? "options"] && "\n") + line;
	}
	return { name: wanted.name, host: wanted.host, port: String(wanted.port ?? 22), user: wanted.user ?? "", ...draft };
}

/* The same door for the same user, by whatever name; one behind another server is
 * not told apart by its address. */
function isSame(s: Server, wanted: Wanted): boolean {
	return s.host === wanted.host && s.port === (wanted.port ?? 22) && (s.user ?? "") === (wanted.user ?? "")
		&& !s.jump_server && !s.proxy_jump && !s.proxy_command
		&& !wanted.options?.some((option) => /^proxy/i.test(option));
}

export function formFromPlan(plan: ImportPlan, known: readonly Server[]): Found {
	const first = plan.forwards[0];
	const wanted = plan.servers.find((s) => s.name === first?.server) ?? plan.servers[0];
	const there = wanted && (known.find((s) => s.name === wanted.name) ?? known.find((s) => isSame(s, wanted)));
	const server = wanted && !there ? serverDraft(wanted) : null;

	if (!first) return { form: null, server, more: 0 };
	const local = splitAddress(first.local);
	const remote = splitAddress(first.remote);
	return {
		form: {
			name: first.name,
			type: first.type,
			localHost: local.host,
			localPort: local.port,
			remoteHost: remote.host,
			remotePort: remote.port,
			...(there ? { serverId: String(there.id) } : {}),
		},
		server,
		more: plan.forwards.length - 1,
	};
}
