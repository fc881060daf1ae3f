/* The path of a forward, from the one who connects to what answers, as it is typed. */
import { Globe, House, Server as ServerIcon } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { isPath, isReverseProxy, type ForwardForm } from "../forwards/form";
import { t } from "../i18n/catalog";
import { Mole } from "./Mole";

function address(host: string, port: string): string {
	if (isPath(host)) return host.trim();
	const name = host.includes(":") ? `[${host}]` : host;

	return `${name || "…"}:${port || "…"}`;
}

interface StopProps {
	icon: ComponentChildren;
	label: string;
	detail?: string | undefined;
	strong?: boolean;
}

function Stop({ icon, label, detail, strong }: StopProps) {
	return (
		<li class={`path-stop ${strong ? "path-listens" : ""}`}>
			<span class="path-icon" aria-hidden="true">{icon}</span>
			<span class="path-label">{label}</span>
			{detail && <code>{detail}</code>}
		</li>
	);
}

function Leg({ sealed, back }: { sealed?: boolean; back?: boolean }) {
	return (
		<li class={`path-leg ${sealed ? "path-sealed" : ""}`} aria-hidden="true">
			<svg viewBox="0 0 48 12" preserveAspectRatio="none">
				<path d="M0 6H48" vector-effect="non-scaling-stroke" />
			</svg>
			<svg class={`path-head ${back ? "path-back" : ""}`} viewBox="0 0 8 12"><path d="M1 1l6 5-6 5" /></svg>
			{sealed && <span>SSH</span>}
		</li>
	);
}

export function PathDrawing({ form, server }: { form: ForwardForm; server: string }) {
	const local = address(form.localHost, form.localPort);
	const remote = address(form.remoteHost, form.remotePort);
	const via = server || t("page.path.server");

	if (form.type === "remote") {
		const proxy = isReverseProxy(form);
		return (
			<ol class="path" aria-label={t("page.path.title")}>
				<Stop icon={proxy ? <Globe /> : <House />} label={proxy ? t("page.path.anywhere_here") : t("page.path.here")} detail={proxy ? undefined : local} />
				<Leg back />
				<Stop icon={<Mole size={22} />} label="taupe" />
				<Leg sealed back />
				<Stop icon={<ServerIcon />} label={via} detail={remote} strong />
			</ol>
		);
	}
	return (
		<ol class="path" aria-label={t("page.path.title")}>
			<Stop icon={<House />} label={t("page.path.you")} />
			<Leg />
			<Stop icon={<Mole size={22} />} label="taupe" detail={local} strong />
			<Leg sealed />
			<Stop icon={<ServerIcon />} label={via} />
			<Leg />
			<Stop icon={<Globe />} label={form.type === "dynamic" ? t("page.path.anywhere") : t("page.path.destination")} detail={form.type === "dynamic" ? undefined : remote} />
		</ol>
	);
}
