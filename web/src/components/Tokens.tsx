/* Tokens for scripts: made here, shown once, taken back here. */
import { useSignal } from "@preact/signals";
import { Copy, Trash2 } from "lucide-preact";
import { Problem, asProblem, del, post } from "../api/client";
import type { Token } from "../api/types";
import { t } from "../i18n/catalog";
import { time } from "../i18n/format";
import { complain } from "../state/toasts";
import { useFetch } from "../state/use-fetch";
import { SelectField, TextField } from "./Field";
import { copy } from "./ForwardMenu";
import { ProblemNote } from "./ProblemNote";

function List({ tokens, again }: { tokens: Token[]; again: () => void }) {
	async function revoke(token: Token): Promise<void> {
		await del(`/tokens/${token.id}`).catch(complain);
		again();
	}

	return (
		<div class="table-box" tabIndex={0} role="region" aria-label={t("page.tokens.title")}>
			<table>
				<thead>
					<tr>
						<th scope="col">{t("page.field.name")}</th>
						<th scope="col">{t("page.tokens.scope")}</th>
						<th scope="col">{t("page.tokens.made")}</th>
						<th scope="col">{t("page.tokens.used")}</th>
						<th scope="col">{t("page.tokens.expires")}</th>
						<td />
					</tr>
				</thead>
				<tbody>
					{tokens.map((token) => (
						<tr key={token.id}>
							<td>{token.name}</td>
							<td>{t(`page.scope.${token.scope}`)}</td>
							<td>{time(token.created_at)}</td>
							<td>{token.used_at ? time(token.used_at) : "–"}</td>
							<td>{token.expires_at ? time(token.expires_at) : t("page.tokens.never")}</td>
							<td>
								<button
									type="button"
									class="icon-button"
									aria-label={t("page.tokens.revoke", { name: token.name })}
									title={t("page.tokens.revoke", { name: token.name })}
									onClick={() => void revoke(token)}
								>
									<Trash2 aria-hidden="true" />
								</button>
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

export function Tokens() {
	const { data, again } = useFetch<Token[]>("/tokens");
	const name = useSignal("");
	const scope = useSignal<Token["scope"]>("read");
	const made = useSignal<Token | null>(null);
	const problem = useSignal<Problem | null>(null);

	async function make(): Promise<void> {
		problem.value = null;
		try {
			made.value = await post<Token>("/tokens", { name: name.peek().trim(), scope: scope.peek() });
			name.value = "";
			again();
		} catch (e) {
			problem.value = asProblem(e);
		}
	}

	return (
		<section class="card">
			<h2>{t("page.tokens.title")}</h2>
			<p class="muted">{t("page.tokens.text")}</p>
			{data.value && data.value.length > 0 && <List tokens={data.value} again={again} />}
			{made.value?.token && (
				<div class="made-token" role="status">
					<p>{t("page.tokens.once")}</p>
					<code>{made.value.token}</code>
					<button type="button" class="button small" onClick={() => void copy(made.peek()!.token!)}><Copy aria-hidden="true" />{t("page.copy")}</button>
				</div>
			)}
			<form class="inline-form" onSubmit={(e) => {
				e.preventDefault();
				void make();
			}}>
				<TextField label={t("page.tokens.name")} value={name.value} onValue={(v) => { name.value = v; }} />
				<SelectField
					label={t("page.tokens.scope")}
					value={scope.value}
					options={(["read", "write"] as const).map((value) => ({ value, label: t(`page.scope.${value}`) }))}
					onValue={(v) => { scope.value = v; }}
				/>
				<button type="submit" class="button" disabled={name.value.trim() === ""}>{t("page.tokens.make")}</button>
			</form>
			<ProblemNote problem={problem.value} />
		</section>
	);
}
