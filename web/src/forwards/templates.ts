/* Services that people forward, with ports that stay clear of a local one. */
import type { ForwardType } from "../api/types";
import { t, type Key } from "../i18n/catalog";
import type { ForwardForm } from "./form";

export interface Template {
	id: string;
	/* A name of its own, or a sentence of the catalogue. */
	service: string | { key: Key };
	type: ForwardType;
	local: number;
	remote: number | null;
	tag: string;
}

export const TEMPLATES: readonly Template[] = [
	{ id: "mysql", service: "MySQL", type: "local", local: 3307, remote: 3306, tag: "db" },
	{ id: "postgresql", service: "PostgreSQL", type: "local", local: 5433, remote: 5432, tag: "db" },
	{ id: "redis", service: "Redis", type: "local", local: 6380, remote: 6379, tag: "db" },
	{ id: "mongodb", service: "MongoDB", type: "local", local: 27018, remote: 27017, tag: "db" },
	{ id: "web", service: { key: "page.template.web" }, type: "local", local: 8080, remote: 80, tag: "web" },
	{ id: "jupyter", service: "Jupyter", type: "local", local: 8889, remote: 8888, tag: "web" },
	{ id: "socks", service: { key: "page.template.socks" }, type: "dynamic", local: 1080, remote: null, tag: "" },
	{ id: "share", service: { key: "page.template.share" }, type: "remote", local: 3000, remote: 8080, tag: "web" },
	{ id: "https", service: "HTTPS", type: "local", local: 8443, remote: 443, tag: "web" },
	{ id: "rabbitmq", service: "RabbitMQ", type: "local", local: 15673, remote: 15672, tag: "web" },
	{ id: "grafana", service: "Grafana", type: "local", local: 3001, remote: 3000, tag: "web" },
	{ id: "rdp", service: "RDP", type: "local", local: 3390, remote: 3389, tag: "" },
];

export function serviceOf(template: Template): string {
	return typeof template.service === "string" ? template.service : t(template.service.key);
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
	for (let n = 2, name = wanted; ; name = `${wanted} ${n++}`)
		if (!taken.has(name)) return name;
}

/* Only what the template knows; the rest of the form stays. */
export function apply(template: Template, taken: ReadonlySet<string>): Partial<ForwardForm> {
	const service = serviceOf(template);
	const wanted = template.type === "local" ? t("page.template.name", { service }) : service;

	return {
		name: freeName(wanted, taken),
		type: template.type,
		localHost: "127.0.0.1",
		localPort: String(template.local),
		remoteHost: template.type === "remote" ? "0.0.0.0" : "127.0.0.1",
		remotePort: template.remote === null ? "" : String(template.remote),
		tags: template.tag,
	};
}
