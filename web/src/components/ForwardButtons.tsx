/* What can be done with a forward: start or stop, edit, delete, and more. */
import type { Forward } from "../api/types";
import { t } from "../i18n/catalog";
import { act, pendingOf } from "../state/actions";
import { edit, open } from "../state/dialogs";
import { openForwardMenu } from "./ForwardMenu";
import { binIcon, dotsIcon, pencilIcon, playIcon, stopIcon } from "./icons";

export function StartStop({ forward }: { forward: Forward }) {
	const busy = pendingOf(forward.id).value > 0;
	const up = forward.wanted;

	return (
		<button
			type="button"
			class={`button ${up ? "" : "go"}`}
			aria-busy={busy}
			aria-disabled={busy}
			onClick={() => {
				if (!busy) void act(forward.id, up ? "stop" : "start");
			}}
		>
			{up ? stopIcon() : playIcon()}
			{up ? t("page.stop") : t("page.start")}
		</button>
	);
}

export function ForwardButtons({ forward }: { forward: Forward }) {
	return (
		<div class="row-buttons">
			<StartStop forward={forward} />
			<button type="button" class="icon-button" aria-label={t("page.edit")} title={t("page.edit")} onClick={() => edit(forward)}>
				{pencilIcon()}
			</button>
			<button
				type="button"
				class="icon-button"
				aria-label={t("page.delete")}
				title={t("page.delete")}
				onClick={() => open({ kind: "delete-forward", forward })}
			>
				{binIcon()}
			</button>
			<button
				type="button"
				class="icon-button"
				aria-label={t("page.more")}
				aria-haspopup="menu"
				title={t("page.more")}
				onClick={(e) => openForwardMenu(forward.id, e.currentTarget)}
			>
				{dotsIcon()}
			</button>
		</div>
	);
}
