/* Import, with what it would do shown first; export. */
import { useSignal } from "@preact/signals";
import { Download, FileSearch } from "lucide-preact";
import { Problem, asProblem, post, text as getText } from "../api/client";
import type { ImportPlan } from "../api/types";
import { t } from "../i18n/catalog";
import { complain, say } from "../state/toasts";
import { AreaField, SelectField } from "./Field";
import { Plan } from "./Plan";
import { ProblemNote } from "./ProblemNote";

const FORMATS = ["ssh-config", "command", "putty", "boring", "mole", "marix", "json"] as const;
type Format = (typeof FORMATS)[number];

function save(name: string, type: string, text: string): void {
	const url = URL.createObjectURL(new Blob([text], { type }));
	const link = document.createElement("a");

	link.href = url;
	link.download = name;
	link.click();
	URL.revokeObjectURL(url);
}

async function download(format: "ssh" | "json"): Promise<void> {
	try {
		const text = await getText(`/export?format=${format}`);
		if (format === "json") save("taupe.json", "application/json", text);
		else save("taupe.ssh_config", "text/plain", text);
	} catch (e) {
		complain(e);
	}
}

export function ImportExport() {
	const format = useSignal<Format>("ssh-config");
	const text = useSignal("");
	const plan = useSignal<ImportPlan | null>(null);
	const left = useSignal<ReadonlySet<string>>(new Set());
	const problem = useSignal<Problem | null>(null);

	async function ask(dryRun: boolean): Promise<void> {
		problem.value = null;
		const names = plan.peek()?.forwards.map((f) => f.name) ?? [];
		try {
			const answer = await post<ImportPlan>("/import", {
				format: format.peek(),
				dry_run: dryRun,
				...(text.peek().trim() ? { text: text.peek() } : {}),
				...(!dryRun && left.peek().size > 0 ? { take: names.filter((n) => !left.peek().has(n)) } : {}),
			});
			plan.value = dryRun ? answer : null;
			left.value = new Set();
			if (!dryRun) say(t("page.import.done"));
		} catch (e) {
			problem.value = asProblem(e);
		}
	}

	return (
		<section class="card">
			<h2>{t("page.import.title")}</h2>
			<form onSubmit={(e) => {
				e.preventDefault();
				void ask(true);
			}}>
				<div class="form-grid">
					<SelectField
						label={t("page.import.format")}
						value={format.value}
						options={FORMATS.map((value) => ({ value, label: t(`page.import.format.${value}`) }))}
						onValue={(v) => {
							format.value = v;
							plan.value = null;
						}}
					/>
					<AreaField
						class="span-2 mono"
						rows={4}
						label={t("page.import.text")}
						help={format.value === "ssh-config" ? t("page.import.ssh_config_help") : undefined}
						value={text.value}
						onValue={(v) => {
							text.value = v;
							plan.value = null;
						}}
					/>
				</div>
				<button type="submit" class="button"><FileSearch aria-hidden="true" />{t("page.import.look")}</button>
			</form>
			<ProblemNote problem={problem.value} />
			{plan.value && (
				<Plan
					plan={plan.value}
					left={left.value}
					onLeave={(name, out) => {
						const next = new Set(left.peek());
						if (out) next.add(name);
						else next.delete(name);
						left.value = next;
					}}
					onApply={() => void ask(false)}
				/>
			)}
			<h2>{t("page.export.title")}</h2>
			<p class="muted">{t("page.export.text")}</p>
			<div class="buttons">
				<button type="button" class="button" onClick={() => void download("ssh")}><Download aria-hidden="true" />{t("page.export.ssh")}</button>
				<button type="button" class="button" onClick={() => void download("json")}><Download aria-hidden="true" />{t("page.export.json")}</button>
			</div>
		</section>
	);
}
