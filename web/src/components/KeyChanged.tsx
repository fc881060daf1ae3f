/* A server shows another host key than the one on record: both, side by side. */
import { useSignal } from "@preact/signals";
import { ShieldAlert } from "lucide-preact";
import { useId } from "preact/hooks";
import { Problem, asProblem, del, get, post, query } from "../api/client";
import type { KnownHost, Trouble } from "../api/types";
import { t } from "../i18n/catalog";
import { servers } from "../state/live";
import { say } from "../state/toasts";
import { Dialog, DialogFoot } from "./Dialog";
import { ProblemNote } from "./ProblemNote";

interface Props {
	serverId: number;
	trouble: Trouble;
	onClose: () => void;
}

export function KeyChanged({ serverId, trouble, onClose }: Props) {
	const problem = useSignal<Problem | null>(null);
	const text = useId();
	const { host = "", type = "", fingerprint = "", recorded = "", file = "", line = "" } = trouble.args;
	const name = servers.peek(serverId)?.name ?? host;

	async function removeOld(): Promise<void> {
		try {
			const known = await get<KnownHost[]>(`/known-hosts${query({ server_id: serverId })}`);
			const old = known.find((k) => String(k.line) === line && (k.path === file || k.path.endsWith(file.replace(/^~/, ""))));
			if (old) await del(`/known-hosts/${encodeURIComponent(old.id)}`);
			await post(`/servers/${serverId}/reconnect`);
			say(t("page.key_changed.removed"));
			onClose();
		} catch (e) {
			problem.value = asProblem(e);
		}
	}

	return (
		<Dialog title={t("page.key_changed.title", { server: name })} describedBy={text} width="wide" onClose={onClose} icon={<ShieldAlert aria-hidden="true" class="danger-icon" />}>
			<div class="dialog-body">
				<p id={text}>{t("page.key_changed.text")}</p>
				<div class="side-by-side">
					<section>
						<h3>{t("page.key_changed.recorded")}</h3>
						<code class="fingerprint">{recorded}</code>
						<p class="muted">{t("page.key_changed.where", { file, line })}</p>
					</section>
					<section class="side-new">
						<h3>{t("page.key_changed.shown")}</h3>
						<code class="fingerprint">{`${type} ${fingerprint}`}</code>
					</section>
				</div>
				<p>{trouble.offer}</p>
				<ProblemNote problem={problem.value} />
			</div>
			<DialogFoot>
				<button type="button" class="button danger" onClick={() => void removeOld()}>{t("page.key_changed.remove")}</button>
				<button type="button" class="button primary" autofocus onClick={onClose}>{t("page.key_changed.keep")}</button>
			</DialogFoot>
		</Dialog>
	);
}
