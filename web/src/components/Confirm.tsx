/* Questions before something goes for good. */
import { useSignal } from "@preact/signals";
import { Trash2 } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Forward, KnownHost, Server } from "../api/types";
import { del } from "../api/client";
import { t, tn } from "../i18n/catalog";
import { act, removeForward, removeServer } from "../state/actions";
import { open } from "../state/dialogs";
import { forwards } from "../state/live";
import { complain, say } from "../state/toasts";
import { trafficOf } from "../state/traffic";
import { Dialog, DialogFoot } from "./Dialog";

interface ConfirmProps {
	title: string;
	confirm: string;
	danger?: boolean;
	onConfirm: () => Promise<boolean>;
	onClose: () => void;
	children: ComponentChildren;
}

function Confirm({ title, confirm, danger, onConfirm, onClose, children }: ConfirmProps) {
	const busy = useSignal(false);
	const text = useId();

	async function run(): Promise<void> {
		if (busy.peek()) return;
		busy.value = true;
		if (await onConfirm()) onClose();
		busy.value = false;
	}

	return (
		<Dialog title={title} describedBy={text} onClose={onClose}>
			<div class="dialog-body" id={text}>{children}</div>
			<DialogFoot>
				<button type="button" class="button" autofocus onClick={onClose}>{t("page.cancel")}</button>
				<button type="button" class={`button ${danger ? "danger" : "primary"}`} aria-busy={busy.value} onClick={() => void run()}>
					{danger && <Trash2 aria-hidden="true" />}{confirm}
				</button>
			</DialogFoot>
		</Dialog>
	);
}

export function DeleteForward({ forward, onClose }: { forward: Forward; onClose: () => void }) {
	const now = forwards.row(forward.id)?.value ?? forward;
	const open = trafficOf(forward.id).value.connections;

	return (
		<Confirm
			title={t("page.forward.delete_title", { name: now.name })}
			confirm={t("page.delete")}
			danger
			onClose={onClose}
			onConfirm={async () => {
				const gone = await removeForward(now);
				if (gone && location.hash === `#/forwards/${now.id}`) location.hash = "#/forwards";
				return gone;
			}}
		>
			<p>{t("page.forward.delete_text")}</p>
			{now.wanted && <p class="note">{open > 0 ? tn("page.forward.delete_running", open) : t("page.forward.delete_idle")}</p>}
		</Confirm>
	);
}

export function StopToEdit({ forward, onClose }: { forward: Forward; onClose: () => void }) {
	return (
		<Confirm
			title={t("page.forward.running_title", { name: forward.name })}
			confirm={t("page.forward.stop_and_edit")}
			onClose={onClose}
			onConfirm={async () => {
				if (!(await act(forward.id, "stop"))) return false;
				open({ kind: "forward", forward: forwards.peek(forward.id) ?? forward, startAfter: true });
				return true;
			}}
		>
			<p>{t("page.forward.running_text")}</p>
		</Confirm>
	);
}

export function DeleteServer({ server, onClose }: { server: Server; onClose: () => void }) {
	const along = server.forwards > 0;

	return (
		<Confirm
			title={t("page.server.delete_title", { name: server.name })}
			confirm={t("page.delete")}
			danger
			onClose={onClose}
			onConfirm={() => removeServer(server, along)}
		>
			<p>{along ? tn("page.server.delete_along", server.forwards) : t("page.server.delete_text")}</p>
		</Confirm>
	);
}

interface HostProps {
	host: KnownHost;
	onDone: () => void;
	onClose: () => void;
}

export function DeleteHost({ host, onDone, onClose }: HostProps) {
	return (
		<Confirm
			title={t("page.hosts.delete_title")}
			confirm={t("page.delete")}
			danger
			onClose={onClose}
			onConfirm={async () => {
				try {
					await del(`/known-hosts/${encodeURIComponent(host.id)}`);
				} catch (e) {
					complain(e);
				}
				onDone();
				return true;
			}}
		>
			<p>{t("page.hosts.delete_text", { names: host.names })}</p>
			<p><code class="fingerprint">{host.type} {host.fingerprint}</code></p>
		</Confirm>
	);
}

export function ResetSecrets({ onClose }: { onClose: () => void }) {
	return (
		<Confirm
			title={t("page.secrets.forget_title")}
			confirm={t("page.secrets.forget")}
			danger
			onClose={onClose}
			onConfirm={async () => {
				try {
					await del("/settings/secrets");
					say(t("page.secrets.forgotten"));
					return true;
				} catch (e) {
					complain(e);
					return false;
				}
			}}
		>
			<p>{t("page.secrets.forget_text")}</p>
		</Confirm>
	);
}
