/* What is typed for a server, as text, and the request body that it becomes. */
import type { HostKeyPolicy, KeepSecrets, Server } from "../api/types";

export interface ServerForm {
	name: string;
	host: string;
	port: string;
	user: string;
	identityFiles: string;
	password: string;
	jumpServerId: string;
	keepAlive: string;
	keepAliveCount: string;
	connectTimeout: string;
	pool: string;
	hostKeyPolicy: HostKeyPolicy;
	keepSecrets: KeepSecrets;
	identitiesOnly: boolean;
	identityAgent: string;
	authMethods: string;
	proxyJump: string;
	proxyCommand: string;
	knownHosts: string;
	options: string;
	note: string;
}

export function emptyServer(): ServerForm {
	return {
		name: "", host: "", port: "22", user: "", identityFiles: "", password: "",
		jumpServerId: "", keepAlive: "15", keepAliveCount: "3", connectTimeout: "30", pool: "4",
		hostKeyPolicy: "ask", keepSecrets: "keep", identitiesOnly: false, identityAgent: "",
		authMethods: "", proxyJump: "", proxyCommand: "", knownHosts: "", options: "", note: "",
	};
}

export function serverFormOf(s: Server): ServerForm {
	return {
		name: s.name,
		host: s.host,
		port: String(s.port),
		user: s.user ?? "",
		identityFiles: s.identity_files.join("\n"),
		password: "",
		jumpServerId: s.jump_server_id === null ? "" : String(s.jump_server_id),
		keepAlive: String(s.keep_alive_s),
		keepAliveCount: String(s.keep_alive_count),
		connectTimeout: String(s.connect_timeout_s),
		pool: String(s.pool),
		hostKeyPolicy: s.host_key_policy,
		keepSecrets: s.keep_secrets,
		identitiesOnly: s.identities_only,
		identityAgent: s.identity_agent ?? "",
		authMethods: s.auth_methods ?? "",
		proxyJump: s.proxy_jump ?? "",
		proxyCommand: s.proxy_command ?? "",
		knownHosts: s.known_hosts.join("\n"),
		options: s.options.join("\n"),
		note: s.note ?? "",
	};
}

const lines = (text: string): string[] => text.split("\n").map((one) => one.trim()).filter(Boolean);
const orNull = (text: string): string | null => text.trim() || null;
const number = (text: string): number | string =>
	/^\d{1,9}$/.test(text.trim()) ? Number(text.trim()) : text.trim();

export function serverBodyOf(form: ServerForm): Record<string, unknown> {
	return {
		name: form.name.trim(),
		host: form.host.trim(),
		port: number(form.port || "22"),
		user: orNull(form.user),
		identity_files: lines(form.identityFiles),
		jump_server_id: form.jumpServerId ? Number(form.jumpServerId) : null,
		keep_alive_s: number(form.keepAlive || "0"),
		keep_alive_count: number(form.keepAliveCount || "3"),
		connect_timeout_s: number(form.connectTimeout || "30"),
		pool: number(form.pool || "4"),
		host_key_policy: form.hostKeyPolicy,
		keep_secrets: form.keepSecrets,
		identities_only: form.identitiesOnly,
		identity_agent: orNull(form.identityAgent),
		auth_methods: orNull(form.authMethods),
		proxy_jump: orNull(form.proxyJump),
		proxy_command: orNull(form.proxyCommand),
		known_hosts: lines(form.knownHosts),
		options: lines(form.options),
		note: orNull(form.note),
		...(form.password ? { password: form.password } : {}),
	};
}

/* "me@vps.example:2222" typed into the host fills three fields. */
export function splitTarget(text: string): Partial<ServerForm> {
	const m = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?(\[[^\]]+\]|[^:\s]+)(?::(\d+))?$/.exec(text.trim());

	if (!m || (m[1] === undefined && m[3] === undefined)) return {};
	return {
		host: m[2]!.replace(/^\[(.*)\]$/, "$1"),
		...(m[1] !== undefined ? { user: m[1] } : {}),
		...(m[3] !== undefined ? { port: m[3] } : {}),
	};
}

const INPUTS: Record<string, keyof ServerForm> = {
	name: "name", host: "host", port: "port", user: "user", identity_files: "identityFiles",
	password: "password", jump_server: "jumpServerId", jump_server_id: "jumpServerId",
	keep_alive_s: "keepAlive", keep_alive_count: "keepAliveCount", connect_timeout_s: "connectTimeout",
	pool: "pool", host_key_policy: "hostKeyPolicy", keep_secrets: "keepSecrets",
	identities_only: "identitiesOnly", identity_agent: "identityAgent", auth_methods: "authMethods",
	proxy_jump: "proxyJump", proxy_command: "proxyCommand", known_hosts: "knownHosts",
	options: "options", note: "note",
};

export function serverInputOf(field: string): keyof ServerForm | null {
	return INPUTS[field.replace(/[.[].*$/, "")] ?? null;
}
