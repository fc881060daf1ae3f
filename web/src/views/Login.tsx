/* The one-time link's page, and what stands there without one. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Problem, asProblem } from "../api/client";
import { Mole } from "../components/Mole";
import { TextField } from "../components/Field";
import { ProblemNote } from "../components/ProblemNote";
import { t } from "../i18n/catalog";
import { login } from "../state/session";

/* "wanted", or "wrong". */
const asksPassphrase = (p: Problem): boolean => "passphrase" in p.args;

export function Login({ code }: { code: string }) {
	const problem = useSignal<Problem | null>(null);
	const asks = useSignal(false);
	const passphrase = useSignal("");

	async function enter(word?: string): Promise<void> {
		problem.value = null;
		try {
			await login(code, word);
			location.replace("/");
		} catch (e) {
			const p = asProblem(e);
			asks.value = asks.peek() || asksPassphrase(p);
			if (word !== undefined || !asks.peek()) problem.value = p;
		}
	}

	useEffect(() => {
		if (code) void enter();
	}, []);
	return (
		<main class="login">
			<Mole size={72} />
			<h1>taupe</h1>
			{asks.value ? (
				<form onSubmit={(e) => {
					e.preventDefault();
					void enter(passphrase.peek());
				}}>
					<TextField
						label={t("page.login.passphrase")}
						type="password"
						autocomplete="current-password"
						autofocus
						value={passphrase.value}
						onValue={(v) => { passphrase.value = v; }}
					/>
					<button type="submit" class="button primary">{t("page.login.enter")}</button>
				</form>
			) : code && !problem.value ? (
				<p class="muted" role="status">{t("page.login.entering")}</p>
			) : (
				<p>{t("page.login.how")} <code>taupe open</code></p>
			)}
			<ProblemNote problem={problem.value} />
		</main>
	);
}
