/* A forward as people read it: what listens where, and what it reaches. */
import type { Forward } from "../api/types";
import { t } from "../i18n/catalog";

const WEB_PORTS: ReadonlySet<number> = new Set([
	80, 81, 443, 591, 631, 3000, 4000, 4200, 5000, 5173, 5601, 7474, 7860, 8000, 8008, 8080, 8081,
	8088, 8123, 8181, 8443, 8500, 8888, 9000, 9001, 9090, 9091, 9200, 9443, 10000, 15672, 19999,
]);
const TLS_PORTS: ReadonlySet<number> = new Set([443, 8443, 9443]);

/* The two ends of the sentence: where it listens, and what it reaches. */
export function ends(f: Forward): { from: string; to: string } {
	const proxy = t("page.route.anywhere");

	if (f.type === "remote") return { from: f.listen ?? f.remote ?? "", to: f.local ?? proxy };
	return { from: f.listen ?? f.local ?? "", to: f.remote ?? proxy };
}

/* An address that this machine's programs can connect to; null: none is here. */
export function localAddress(f: Forward): string | null {
	return f.type === "remote" ? null : (f.listen ?? f.local);
}

/* "0.0.0.0:8080" can't be visited, "localhost:8080" can. */
export function browserUrl(f: Forward): string | null {
	const port = f.bound_port || f.local_port;

	if (f.type !== "local" || !port || f.remote_port === null || f.local_path) return null;
	if (!WEB_PORTS.has(f.remote_port) && !f.tags.includes("web")) return null;
	const scheme = TLS_PORTS.has(f.remote_port) ? "https" : "http";
	const any = !f.local_host || ["0.0.0.0", "::", "*"].includes(f.local_host);
	const host = any ? "localhost" : f.local_host!.includes(":") ? `[${f.local_host}]` : f.local_host;
	return `${scheme}://${host}:${port}/`;
}
