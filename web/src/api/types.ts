/* What the daemon says (docs/api.md), as far as the page reads it. */
export type ForwardType = "local" | "remote" | "dynamic";
export type State = "disconnected" | "connecting" | "connected" | "reconnecting" | "error";

export interface Trouble {
	code: string;
	message: string;
	offer: string;
	args: Record<string, string>;
	at?: string | null;
}

export interface Forward {
	id: number;
	revision: number;
	name: string;
	type: ForwardType;
	server: string;
	server_id: number;
	local: string | null;
	local_host: string | null;
	local_port: number | null;
	local_path: string | null;
	remote: string | null;
	remote_host: string | null;
	remote_port: number | null;
	remote_path: string | null;
	tags: string[];
	autostart: boolean;
	lazy: boolean;
	idle_disconnect_s: number;
	auto_off_s: number;
	allow: string | null;
	limit_in_bytes_s: number;
	limit_out_bytes_s: number;
	socks_user: string | null;
	has_socks_password: boolean;
	note: string | null;
	position: number;

	wanted: boolean;
	state: State;
	standby: boolean;
	since: string | null;
	error: Trouble | null;
	next_try_at: string | null;
	auto_off_at: string | null;
	listen: string | null;
	bound_port: number | null;
	connections: number;
	connections_total: number;
	bytes_in: number;
	bytes_out: number;
	rate_in: number;
	rate_out: number;
	rtt_us: number | null;
	last_target_error: Trouble | null;
	ssh_command: string;
}

/* One row of the stream's `traffic` message. */
export type TrafficRow = [
	id: number,
	connections: number,
	connections_total: number,
	bytes_in: number,
	bytes_out: number,
	rate_in: number,
	rate_out: number,
	rtt_us: number | null,
];

export interface Link {
	no: number;
	ready: boolean;
	connections: number;
	rtt_us: number | null;
	up_since: string | null;
	bytes_in: number;
	bytes_out: number;
}

export type HostKeyPolicy = "ask" | "strict" | "accept-new";
export type KeepSecrets = "keep" | "session" | "never";

export interface Server {
	id: number;
	revision: number;
	name: string;
	host: string;
	port: number;
	user: string | null;
	jump_server: string | null;
	jump_server_id: number | null;
	proxy_jump: string | null;
	proxy_command: string | null;
	identity_files: string[];
	certificate_files: string[];
	identities_only: boolean;
	identity_agent: string | null;
	auth_methods: string | null;
	known_hosts: string[];
	host_key_policy: HostKeyPolicy;
	keep_alive_s: number;
	keep_alive_count: number;
	connect_timeout_s: number;
	pool: number;
	ciphers: string | null;
	macs: string | null;
	kex_algorithms: string | null;
	host_key_algorithms: string | null;
	address_family: string;
	keep_secrets: KeepSecrets;
	options: string[];
	note: string | null;

	state: State;
	since: string | null;
	error: Trouble | null;
	next_try_at: string | null;
	forwards: number;
	forwards_wanted: number;
	links: Link[];
	cipher: string | null;
	kex: string | null;
	host_key: string | null;
	server_version: string | null;
	rtt_us: number | null;
	stored_secrets: { kind: string; about: string }[];
}

export interface Connection {
	id: string;
	forward_id: number;
	forward: string;
	client: string | null;
	process: { pid: number; name: string } | null;
	destination: string | null;
	since: string;
	age_s: number;
	bytes_in: number;
	bytes_out: number;
	rtt_us: number | null;
	local_rtt_us: number | null;
	link: number;
	open: boolean;
}

export interface TrafficPoint {
	start: string;
	bytes_in: number;
	bytes_out: number;
	connections: number;
}

export type StageName =
	"dns" | "tcp" | "banner" | "host_key" | "auth" | "permission" | "target";
export type StageState = "ok" | "failed" | "running" | "waiting" | "skipped";

export interface Test {
	id: string;
	server_id: number;
	forward_id: number | null;
	done: boolean;
	ok: boolean | null;
	stages: {
		stage: StageName;
		state: StageState;
		ms: number | null;
		detail: string | null;
		error: Trouble | null;
	}[];
}

export type PromptKind =
	"host_key" | "passphrase" | "password" | "new_password" | "keyboard_interactive";

export interface Prompt {
	id: number;
	server_id: number;
	server: string;
	kind: PromptKind;
	about: string;
	name: string;
	instruction: string;
	retry: boolean;
	fields: { text: string; echo: boolean }[];
	title: string;
	since: string;
	host_key: { type: string; fingerprint: string; host: string; address: string } | null;
}

export interface KnownHost {
	id: string;
	path: string;
	line: number;
	marker: string;
	names: string;
	hashed: boolean;
	type: string;
	fingerprint: string;
	comment: string;
	server_ids: number[];
}

export type EventLevel = "info" | "warning" | "error";
export type EventKind =
	"state" | "link" | "target" | "notice" | "banner" | "prompt" | "change" | "daemon";

export interface Event {
	id: number;
	at: string;
	kind: EventKind;
	level: EventLevel;
	server_id: number | null;
	server: string | null;
	forward_id: number | null;
	forward: string | null;
	state: State | null;
	code: string | null;
	message: string;
	/* "up_ms": how long a link had held that fell. */
	args: Record<string, unknown>;
}

export type Theme = "system" | "light" | "dark";
export type SecretsHow = "keyring" | "sealed" | "passphrase";

export interface Settings {
	language: "en" | "fr" | null;
	theme: Theme;
	log_level: "error" | "warn" | "info" | "debug" | "trace";
	secrets: SecretsHow;
	secrets_locked: boolean;
	listen: string | null;
	page_passphrase_set: boolean;
	events_kept: number;
}

export interface Token {
	id: number;
	name: string;
	scope: "read" | "write";
	created_at: string;
	used_at: string | null;
	expires_at: string | null;
	token?: string;
}

export interface Status {
	version: string;
	pid: number;
	state_dir: string;
	socket: string;
	listen: string | null;
	started_at: string;
	memory_bytes: number;
}

export type ImportAction = "add" | "same" | "conflict" | "rename";

export interface ImportPlan {
	servers: {
		action: ImportAction;
		name: string;
		host: string;
		port?: number;
		user?: string | null;
		/* "Name=value" */
		options?: string[];
	}[];
	forwards: {
		action: ImportAction;
		name: string;
		type: ForwardType;
		server: string;
		local: string | null;
		remote: string | null;
	}[];
	skipped: { what: string; why: string; line?: number | null }[];
	applied: boolean;
}

export interface FieldError {
	field: string;
	code: string;
	message: string;
}

export interface Check {
	fields: FieldError[];
	port: { address: string; holder: string; next: number | string } | null;
	ssh_command: string | null;
}
