import type { Forward, Server } from "../src/api/types";

export function aForward(change: Partial<Forward> = {}): Forward {
	return {
		id: 1, revision: 1, name: "MySQL", type: "local", server: "My VPS", server_id: 1,
		local: "127.0.0.1:3307", local_host: "127.0.0.1", local_port: 3307, local_path: null,
		remote: "127.0.0.1:3306", remote_host: "127.0.0.1", remote_port: 3306, remote_path: null,
		tags: [], autostart: false, lazy: false, idle_disconnect_s: 0, auto_off_s: 0, allow: null,
		limit_in_bytes_s: 0, limit_out_bytes_s: 0, socks_user: null, has_socks_password: false,
		note: null, position: 0, wanted: false, state: "disconnected", standby: false, since: null,
		error: null, next_try_at: null, auto_off_at: null, listen: null, bound_port: null,
		connections: 0, connections_total: 0, bytes_in: 0, bytes_out: 0, rate_in: 0, rate_out: 0,
		rtt_us: null, last_target_error: null, ssh_command: "ssh",
		...change,
	};
}

export function aServer(change: Partial<Server> = {}): Server {
	return {
		id: 1, revision: 1, name: "My VPS", host: "vps.example", port: 22, user: "me",
		jump_server: null, jump_server_id: null, proxy_jump: null, proxy_command: null,
		identity_files: [], certificate_files: [], identities_only: false, identity_agent: null,
		auth_methods: null, known_hosts: [], host_key_policy: "ask", keep_alive_s: 15,
		keep_alive_count: 3, connect_timeout_s: 30, pool: 4, ciphers: null, macs: null,
		kex_algorithms: null, host_key_algorithms: null, address_family: "any",
		keep_secrets: "keep", options: [], note: null, state: "disconnected", since: null,
		error: null, next_try_at: null, forwards: 0, forwards_wanted: 0, links: [], cipher: null,
		kex: null, host_key: null, server_version: null, rtt_us: null, stored_secrets: [],
		...change,
	};
}
