/* What a server asks, asked where the reader is, in the server's own words. */
import { signal, useSignal } from "@preact/signals";
import { KeyRound, MessageCircleQuestion } from "lucide-preact";
import { Problem, asProblem, post } from "../api/client";
import type { Prompt } from "../api/types";
import { t } from "../i18n/catalog";
import { prompts, servers } from "../state/live";
import { complain } from "../state/toasts";
import { Dialog, DialogFoot } from "./Dialog";
import { CheckField, TextField } from "./Field";
import { ProblemNote } from "./ProblemNote";

/* Put aside for later: they wait in the bar. */
export const aside = signal<ReadonlySet<number>>(new Set());

async function send(p: Prompt, what: "answer" | "cancel", body?: unknown): Promise<void> {
	try {
		await post(`/prompts/${p.id}/${what}`, body);
	} catch (e) {
		if (!(e instanceof Problem) || e.status !== 404) throw e;
	}
	prompts.remove(p.id);
}

function HostKey({ prompt, onClose }: { prompt: Prompt; onClose: () => void }) {
	const key = prompt.host_key!;
	const answer = (text: string): void => {
		void send(prompt, "answer", { answers: [text], keep: true }).catch(complain);
	};

	return (
		<Dialog title={t("page.prompt.host_key_title", { server: prompt.server })} onClose={onClose} icon={<KeyRound aria-hidden="true" />}>
			<div class="dialog-body">
				<p>{prompt.title}</p>
				<dl class="facts">
					<dt>{t("page.prompt.host")}</dt>
					<dd>{key.host}{key.address && key.address !== key.host ? ` (${key.address})` : ""}</dd>
					<dt>{t("page.prompt.key_type")}</dt>
					<dd>{key.type}</dd>
					<dt>{t("page.prompt.fingerprint")}</dt>
					<dd><code class="fingerprint">{key.fingerprint}</code></dd>
				</dl>
				<p class="muted">{t("page.prompt.host_key_help")}</p>
			</div>
			<DialogFoot>
				<button type="button" class="button" autofocus onClick={() => answer("no")}>{t("page.prompt.refuse")}</button>
				<button type="button" class="button primary" onClick={() => answer("yes")}>{t("page.prompt.trust")}</button>
			</DialogFoot>
		</Dialog>
	);
}

const COMPLETE: Partial<Record<Prompt["kind"], string>> = {
	password: "current-password",
	new_password: "new-password",
	keyboard_interactive: "one-time-code",
};

function label(prompt: Prompt, text: string): string {
	return text.trim().replace(/\s*:$/, "") || t(`page.prompt.kind.${prompt.kind}`);
}

function Questions({ prompt, onClose }: { prompt: Prompt; onClose: () => void }) {
	const fields = prompt.fields.length > 0 ? prompt.fields : [{ text: "", echo: false }];
	const answers = useSignal<string[]>(fields.map(() => ""));
	const mayKeep = (prompt.kind === "password" || prompt.kind === "passphrase")
		&& servers.peek(prompt.server_id)?.keep_secrets === "keep";
	const keep = useSignal(mayKeep);
	const busy = useSignal(false);
	const problem = useSignal<Problem | null>(null);

	async function submit(): Promise<void> {
		if (busy.peek()) return;
		busy.value = true;
		try {
			await send(prompt, "answer", { answers: answers.peek(), keep: keep.peek() });
		} catch (e) {
			problem.value = asProblem(e);
			busy.value = false;
		}
	}

	return (
		<Dialog
			title={t("page.prompt.title", { server: prompt.server })}
			onClose={onClose}
			icon={<MessageCircleQuestion aria-hidden="true" />}
		>
			<form
				onSubmit={(e) => {
					e.preventDefault();
					void submit();
				}}
			>
				<div class="dialog-body">
					<p>{prompt.title}</p>
					{prompt.name && <p><strong>{prompt.name}</strong></p>}
					{prompt.instruction && <p class="server-words">{prompt.instruction}</p>}
					{prompt.retry && <p class="field-error" role="alert">{t("page.prompt.again")}</p>}
					{fields.map((field, i) => (
						<TextField
							key={i}
							label={label(prompt, field.text)}
							type={field.echo ? "text" : "password"}
							autocomplete={COMPLETE[prompt.kind] ?? "off"}
							autofocus={i === 0}
							value={answers.value[i] ?? ""}
							onValue={(v) => {
								answers.value = answers.peek().map((old, k) => (k === i ? v : old));
							}}
						/>
					))}
					{mayKeep && <CheckField label={t("page.prompt.keep")} checked={keep.value} onChecked={(on) => { keep.value = on; }} />}
					<ProblemNote problem={problem.value} />
				</div>
				<DialogFoot>
					<button type="button" class="button" onClick={() => void send(prompt, "cancel").catch(complain)}>
						{t("page.prompt.give_up")}
					</button>
					<button type="submit" class="button primary" aria-busy={busy.value}>{t("page.prompt.answer")}</button>
				</DialogFoot>
			</form>
		</Dialog>
	);
}

export function Prompts() {
	const first = prompts.all.value.find((p) => !aside.value.has(p.id));

	if (!first) return null;
	const later = (): void => {
		aside.value = new Set([...aside.peek(), first.id]);
	};
	return first.kind === "host_key" && first.host_key
		? <HostKey key={first.id} prompt={first} onClose={later} />
		: <Questions key={first.id} prompt={first} onClose={later} />;
}
