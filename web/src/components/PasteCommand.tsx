/* A pasted ssh command fills the form; the daemon reads it as ssh would. */
import { useSignal } from "@preact/signals";
import { ClipboardPaste } from "lucide-preact";
import { Problem, asProblem, post } from "../api/client";
import type { ImportPlan } from "../api/types";
import { formFromPlan } from "../forwards/plan";
import type { ForwardForm } from "../forwards/form";
import { t, tn } from "../i18n/catalog";
import { open } from "../state/dialogs";
import { servers } from "../state/live";
import { TextField } from "./Field";
import { ProblemNote } from "./ProblemNote";

export function PasteCommand({ onPick }: { onPick: (change: Partial<ForwardForm>) => void }) {
	const text = useSignal("");
	const shown = useSignal(false);
	const problem = useSignal<Problem | null>(null);
	const notes = useSignal<string[]>([]);

	async function read(): Promise<void> {
		problem.value = null;
		notes.value = [];
		try {
			const plan = await post<ImportPlan>("/forwards/parse", { text: text.peek() });
			const found = formFromPlan(plan, servers.all.peek());
			if (found.form) onPick(found.form);
			notes.value = [
				...(found.form ? [] : [t("page.paste.nothing")]),
				...plan.skipped.map((s) => `${s.what} : ${s.why}`),
				...(found.more > 0 ? [tn("page.paste.more", found.more)] : []),
			];
			if (found.server) {
				const draft = found.server;
				open({ kind: "server", draft, onDone: (s) => onPick({ serverId: String(s.id) }) });
			}
		} catch (e) {
			problem.value = asProblem(e);
		}
	}

	if (!shown.value) {
		return (
			<button type="button" class="link-button" onClick={() => { shown.value = true; }}>
				<ClipboardPaste aria-hidden="true" />{t("page.paste.open")}
			</button>
		);
	}
	return (
		<div class="paste">
			<TextField
				label={t("page.paste.label")}
				placeholder="ssh -N -L 3307:127.0.0.1:3306 me@vps.example"
				class="mono"
				value={text.value}
				onValue={(v) => { text.value = v; }}
				onKeyDown={(e) => {
					if (e.key !== "Enter") return;
					e.preventDefault();
					void read();
				}}
			/>
			<button type="button" class="button" onClick={() => void read()}>{t("page.paste.read")}</button>
			{notes.value.map((note) => <p key={note} class="field-help" role="status">{note}</p>)}
			<ProblemNote problem={problem.value} />
		</div>
	);
}
