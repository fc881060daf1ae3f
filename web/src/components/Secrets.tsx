/* How secrets are kept, and the page's own passphrase. */
import { useSignal } from "@preact/signals";
import { Lock } from "lucide-preact";
import { Problem, asProblem, post, put } from "../api/client";
import type { SecretsHow, Settings } from "../api/types";
import { t, type Key } from "../i18n/catalog";
import { open } from "../state/dialogs";
import { say } from "../state/toasts";
import { SelectField, TextField } from "./Field";
import { ProblemNote } from "./ProblemNote";

const HOWS: readonly SecretsHow[] = ["keyring", "sealed", "passphrase"];

/* Runs a request of a small form and keeps what went wrong. */
function useRequest() {
	const problem = useSignal<Problem | null>(null);

	async function run(work: () => Promise<unknown>, done: Key): Promise<void> {
		problem.value = null;
		try {
			await work();
			say(t(done));
		} catch (e) {
			problem.value = asProblem(e);
		}
	}
	return { problem, run };
}

function Unlock() {
	const word = useSignal("");
	const { problem, run } = useRequest();

	return (
		<form class="inline-form" onSubmit={(e) => {
			e.preventDefault();
			void run(() => post("/settings/unlock", { passphrase: word.peek() }), "page.secrets.unlocked");
		}}>
			<p class="note"><Lock aria-hidden="true" /> {t("page.secrets.locked")}</p>
			<TextField label={t("page.secrets.passphrase")} type="password" autocomplete="current-password" value={word.value} onValue={(v) => { word.value = v; }} />
			<button type="submit" class="button primary">{t("page.secrets.unlock")}</button>
			<button type="button" class="button" onClick={() => open({ kind: "reset-secrets" })}>{t("page.secrets.forget")}</button>
			<ProblemNote problem={problem.value} />
		</form>
	);
}

export function Secrets({ s }: { s: Settings }) {
	const how = useSignal<SecretsHow>(s.secrets);
	const word = useSignal("");
	const { problem, run } = useRequest();
	const changed = how.value !== s.secrets || (how.value === "passphrase" && word.value !== "");

	return (
		<section class="card">
			<h2>{t("page.secrets.title")}</h2>
			{s.secrets_locked && <Unlock />}
			<form onSubmit={(e) => {
				e.preventDefault();
				const body = how.peek() === "passphrase" ? { how: how.peek(), passphrase: word.peek() } : { how: how.peek() };
				void run(() => put("/settings/secrets", body), "page.secrets.changed").then(() => { word.value = ""; });
			}}>
				<div class="form-grid">
					<SelectField
						label={t("page.secrets.how")}
						help={t(`page.secrets.help.${how.value}`)}
						value={how.value}
						options={HOWS.map((value) => ({ value, label: t(`page.secrets.how.${value}`) }))}
						onValue={(v) => { how.value = v; }}
					/>
					{how.value === "passphrase" && (
						<TextField label={t("page.secrets.new_passphrase")} type="password" autocomplete="new-password" value={word.value} onValue={(v) => { word.value = v; }} />
					)}
				</div>
				{changed && <button type="submit" class="button primary">{t("page.secrets.apply")}</button>}
				<ProblemNote problem={problem.value} />
			</form>
		</section>
	);
}

export function PagePassphrase({ s }: { s: Settings }) {
	const word = useSignal("");
	const current = useSignal("");
	const { problem, run } = useRequest();

	function send(passphrase: string | null): void {
		const body = s.page_passphrase_set ? { passphrase, current: current.peek() } : { passphrase };
		void run(() => put("/settings/page-passphrase", body), passphrase === null ? "page.lock.removed" : "page.lock.set").then(() => {
			word.value = "";
			current.value = "";
		});
	}

	return (
		<section class="card">
			<h2>{t("page.lock.title")}</h2>
			<p class="muted">{t(s.page_passphrase_set ? "page.lock.is_set" : "page.lock.text")}</p>
			<form onSubmit={(e) => {
				e.preventDefault();
				send(word.peek());
			}}>
				<div class="form-grid">
					{s.page_passphrase_set && (
						<TextField label={t("page.lock.current")} type="password" autocomplete="current-password" value={current.value} onValue={(v) => { current.value = v; }} />
					)}
					<TextField label={t("page.lock.new")} type="password" autocomplete="new-password" value={word.value} onValue={(v) => { word.value = v; }} />
				</div>
				<div class="buttons">
					<button type="submit" class="button" disabled={word.value === ""}>{t("page.lock.apply")}</button>
					{s.page_passphrase_set && <button type="button" class="button" onClick={() => send(null)}>{t("page.lock.remove")}</button>}
				</div>
				<ProblemNote problem={problem.value} />
			</form>
		</section>
	);
}
