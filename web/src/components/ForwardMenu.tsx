/* What more can be done with a forward. */
import { Activity, Copy, CopyPlus, ExternalLink, RotateCw, SquareTerminal, Terminal } from "lucide-preact";
import { Problem } from "../api/client";
import { formOf } from "../forwards/form";
import { browserUrl, localAddress } from "../forwards/sides";
import { t } from "../i18n/catalog";
import { act } from "../state/actions";
import { open } from "../state/dialogs";
import { forwards } from "../state/live";
import { complain, say } from "../state/toasts";
import { openMenu, type MenuItem } from "./Menu";

export async function copy(text: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(text);
		say(t("page.copied", { text }));
	} catch {
		complain(new Problem(0, { detail: t("page.copy_failed", { text }) }));
	}
}

export function openForwardMenu(id: number, anchor: HTMLElement): void {
	const f = forwards.peek(id);
	if (!f) return;
	const items: MenuItem[] = [];
	const add = (label: string, icon: MenuItem["icon"], run: () => void): void => {
		items.push({ label, icon, run });
	};
	const address = localAddress(f);
	const url = browserUrl(f);

	if (address) add(t("page.copy_address"), <Copy aria-hidden="true" />, () => void copy(address));
	if (url) add(t("page.open_in_browser"), <ExternalLink aria-hidden="true" />, () => window.open(url, "_blank", "noopener"));
	add(t("page.copy_ssh"), <Terminal aria-hidden="true" />, () => void copy(f.ssh_command));
	add(t("page.test"), <Activity aria-hidden="true" />,
		() => open({ kind: "test", forwardId: f.id, serverId: f.server_id, title: f.name }));
	if (f.wanted) add(t("page.restart"), <RotateCw aria-hidden="true" />, () => void act(f.id, "restart"));
	add(t("page.duplicate"), <CopyPlus aria-hidden="true" />, () =>
		open({ kind: "forward", draft: { ...formOf(f), name: t("page.copy_of", { name: f.name }), localPort: "" } }));
	add(t("page.details"), <SquareTerminal aria-hidden="true" />, () => {
		location.hash = `#/forwards/${f.id}`;
	});
	openMenu(anchor, items);
}
