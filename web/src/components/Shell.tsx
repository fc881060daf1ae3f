/* The frame around each view: the sidebar, and what everybody must see. */
import { useComputed } from "@preact/signals";
import { ArrowLeftRight, Fingerprint, History, Keyboard, Server, Settings2, type LucideIcon } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { t, tn, type Key } from "../i18n/catalog";
import { open } from "../state/dialogs";
import { forwards, prompts } from "../state/live";
import { href, route, type ViewName } from "../state/router";
import { retryNow, streamState } from "../state/stream";
import { Mole } from "./Mole";
import { aside } from "./PromptDialog";

const NAV: readonly { view: ViewName; label: Key; icon: LucideIcon }[] = [
	{ view: "forwards", label: "page.nav.forwards", icon: ArrowLeftRight },
	{ view: "servers", label: "page.nav.servers", icon: Server },
	{ view: "known-hosts", label: "page.nav.hosts", icon: Fingerprint },
	{ view: "activity", label: "page.nav.activity", icon: History },
	{ view: "settings", label: "page.nav.settings", icon: Settings2 },
];

function Summary() {
	const up = useComputed(() => forwards.all.value.filter((f) => f.state === "connected").length);
	const wrong = useComputed(() => forwards.all.value.filter((f) => f.wanted && f.state === "error").length);

	return (
		<div class="summary" role="status">
			<p><span class={up.value > 0 ? "state-connected" : "state-disconnected"}><span class="state-dot" aria-hidden="true" /></span>{tn("page.summary.up", up.value)}</p>
			{wrong.value > 0 && <p><span class="state-error"><span class="state-dot" aria-hidden="true" /></span>{tn("page.summary.wrong", wrong.value)}</p>}
		</div>
	);
}

function CutBanner() {
	if (streamState.value !== "cut") return null;
	return (
		<div class="banner banner-cut" role="alert">
			<p>{t("page.cut")}</p>
			<button type="button" class="button small" onClick={retryNow}>{t("page.retry")}</button>
		</div>
	);
}

function WaitingBanner() {
	const waiting = prompts.all.value.filter((p) => aside.value.has(p.id));

	if (waiting.length === 0) return null;
	return (
		<div class="banner" role="status">
			<p>{tn("page.prompt.waiting", waiting.length)}</p>
			<button type="button" class="button small" onClick={() => { aside.value = new Set(); }}>{t("page.prompt.show")}</button>
		</div>
	);
}

export function Shell({ children }: { children: ComponentChildren }) {
	return (
		<div class="shell">
			<a class="skip" href="#main" onClick={(e) => {
				e.preventDefault();
				document.getElementById("main")?.focus();
			}}>{t("page.skip")}</a>
			<aside class="sidebar">
				<a class="brand" href={href("forwards")} aria-label="taupe"><Mole /><span>taupe</span></a>
				<nav aria-label={t("page.nav.title")}>
					{NAV.map(({ view, label, icon: Icon }) => (
						<a key={view} href={href(view)} aria-current={route.value.view === view ? "page" : undefined}>
							<Icon aria-hidden="true" /><span>{t(label)}</span>
						</a>
					))}
				</nav>
				<div class="sidebar-foot">
					<Summary />
					<button type="button" class="link-button" onClick={() => open({ kind: "keys" })}>
						<Keyboard aria-hidden="true" />{t("page.keys.title")}
					</button>
				</div>
			</aside>
			<main id="main" tabIndex={-1} class={streamState.value === "cut" ? "stale" : undefined}>
				<CutBanner />
				<WaitingBanner />
				{children}
			</main>
		</div>
	);
}
