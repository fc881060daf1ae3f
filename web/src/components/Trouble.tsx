/* What is wrong, what to do, and the offers that one click takes. */
import { KeyRound, RefreshCw } from "lucide-preact";
import type { Forward, Trouble } from "../api/types";
import { t } from "../i18n/catalog";
import { act, takePort } from "../state/actions";
import { open } from "../state/dialogs";
import { portOf } from "./port";
import { NextTry } from "./Since";

function Offers({ forward, trouble }: { forward: Forward; trouble: Trouble }) {
	const next = trouble.code === "port_in_use" ? portOf(trouble.args.next) : null;

	return (
		<span class="offers">
			{forward.next_try_at && <NextTry at={forward.next_try_at} />}
			{next !== null && forward.type !== "remote" && (
				<button type="button" class="button small" onClick={() => void takePort(forward, next)}>
					{t("page.port.take", { port: next })}
				</button>
			)}
			{trouble.code === "host_key_changed" && (
				<button
					type="button"
					class="button small"
					onClick={() => open({ kind: "key-changed", serverId: forward.server_id, trouble })}
				>
					<KeyRound aria-hidden="true" />{t("page.key_changed.compare")}
				</button>
			)}
			{forward.wanted && forward.state !== "connected" && (
				<button type="button" class="button small" onClick={() => void act(forward.id, "start")}>
					<RefreshCw aria-hidden="true" />{t("page.retry")}
				</button>
			)}
		</span>
	);
}

export function TroubleNote({ trouble, forward, quiet }: { trouble: Trouble; forward?: Forward; quiet?: boolean }) {
	return (
		<div class={`trouble ${quiet ? "trouble-quiet" : ""}`}>
			<p><strong>{trouble.message}</strong> {trouble.offer}</p>
			{forward && <Offers forward={forward} trouble={trouble} />}
		</div>
	);
}
