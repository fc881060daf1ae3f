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

export function formFromPlan(plan: ImportPlan, known: readonly Server[]): Found {
	const first = plan.forwards[0];
	const wanted = plan.servers[0];
	const there = wanted && known.find((s) => s.name === wanted.name);
	const server = wanted && !there
		? { name: wanted.name, host: wanted.host, port: String(wanted.port ?? 22), user: wanted.user ?? "" }
		: null;

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
