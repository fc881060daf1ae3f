/*
 * What is typed for a forward, as text, and the request body that it becomes. A
 * host that begins with / or ~ is a Unix socket's path.
 */
import type { Forward, ForwardType } from "../api/types";

export interface ForwardForm {
	name: string;
	type: ForwardType;
	serverId: string;
	localHost: string;
	localPort: string;
	remoteHost: string;
	remotePort: string;
	tags: string;
	autostart: boolean;
	lazy: boolean;
	idleDisconnect: string;
	autoOff: string;
	allow: string;
	limitIn: string;
	limitOut: string;
	socksUser: string;
	socksPassword: string;
	note: string;
}

export type ForwardBody = Record<string, unknown>;

const LOOPBACK = "127.0.0.1";

export function emptyForm(serverId: string): ForwardForm {
	return {
		name: "", type: "local", serverId, localHost: LOOPBACK, localPort: "",
		remoteHost: LOOPBACK, remotePort: "", tags: "", autostart: false, lazy: false,
		idleDisconnect: "", autoOff: "", allow: "", limitIn: "", limitOut: "",
		socksUser: "", socksPassword: "", note: "",
	};
}

const port = (n: number | null): string => (n === null ? "" : String(n));
const orEmpty = (n: number): string => (n === 0 ? "" : String(n));
const words = (text: string | null): string[] => (text ?? "").split(/[\s,]+/).filter(Boolean);

export function formOf(f: Forward): ForwardForm {
	return {
		name: f.name,
		type: f.type,
		serverId: String(f.server_id),
		localHost: f.local_path ?? f.local_host ?? "",
		localPort: port(f.local_port),
		remoteHost: f.remote_path ?? f.remote_host ?? "",
		remotePort: port(f.remote_port),
		tags: f.tags.join(", "),
		autostart: f.autostart,
		lazy: f.lazy,
		idleDisconnect: orEmpty(f.idle_disconnect_s),
		autoOff: orEmpty(f.auto_off_s),
		allow: words(f.allow).join("\n"),
		limitIn: orEmpty(f.limit_in_bytes_s),
		limitOut: orEmpty(f.limit_out_bytes_s),
		socksUser: f.socks_user ?? "",
		socksPassword: "",
		note: f.note ?? "",
	};
}

export const isPath = (host: string): boolean => /^[/~]/.test(host.trim());
export const splitTags = (text: string): string[] =>
	[...new Set(text.split(/[,\n]/).map((tag) => tag.trim()).filter(Boolean))];

/* A remote forward without a local target is a SOCKS proxy over there. */
export const isReverseProxy = (form: ForwardForm): boolean =>
	form.type === "remote" && form.localPort.trim() === "" && !isPath(form.localHost);

/* What is no number goes as it is: the daemon says what is wrong with it. */
function numberOr(text: string, empty: number | null): number | string | null {
	const trimmed = text.trim();

	if (trimmed === "") return empty;
	return /^\d{1,15}$/.test(trimmed) ? Number(trimmed) : trimmed;
}

function side(name: "local" | "remote", host: string, portText: string): ForwardBody {
	if (isPath(host)) return { [`${name}_path`]: host.trim() };
	const body: ForwardBody = { [`${name}_host`]: host.trim() };
	const n = numberOr(portText, null);
	if (n !== null) body[`${name}_port`] = n;
	return body;
}

export function bodyOf(form: ForwardForm): ForwardBody {
	const body: ForwardBody = {
		name: form.name.trim(),
		type: form.type,
		tags: splitTags(form.tags),
		autostart: form.autostart,
		lazy: form.lazy,
		idle_disconnect_s: numberOr(form.idleDisconnect, 0),
		auto_off_s: numberOr(form.autoOff, 0),
		allow: words(form.allow).join(",") || null,
		limit_in_bytes_s: numberOr(form.limitIn, 0),
		limit_out_bytes_s: numberOr(form.limitOut, 0),
		note: form.note.trim() || null,
	};

	if (form.serverId) body.server_id = Number(form.serverId);
	if (isReverseProxy(form)) body.local = null;
	else Object.assign(body, side("local", form.localHost, form.localPort));
	if (form.type === "dynamic") body.remote = null;
	else Object.assign(body, side("remote", form.remoteHost, form.remotePort));
	if (form.type === "dynamic" || isReverseProxy(form)) {
		body.socks_user = form.socksUser.trim() || null;
		if (form.socksPassword) body.socks_password = form.socksPassword;
	}
	return body;
}

/* The input that shows what is wrong with a field of the daemon's. */
const INPUTS: Record<string, keyof ForwardForm> = {
	name: "name", type: "type", server: "serverId", server_id: "serverId",
	local: "localHost", local_host: "localHost", local_path: "localHost", local_port: "localPort",
	remote: "remoteHost", remote_host: "remoteHost", remote_path: "remoteHost", remote_port: "remotePort",
	tags: "tags", idle_disconnect_s: "idleDisconnect", auto_off_s: "autoOff", allow: "allow",
	limit_in_bytes_s: "limitIn", limit_out_bytes_s: "limitOut",
	socks_user: "socksUser", socks_password: "socksPassword", note: "note",
};

export function inputOf(field: string): keyof ForwardForm | null {
	return INPUTS[field.replace(/[.[].*$/, "")] ?? null;
}
