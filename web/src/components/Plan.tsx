/* What an import would do, row by row, before it does it. */
import type { ImportPlan } from "../api/types";
import { t, tn } from "../i18n/catalog";
import { TypeBadge } from "./State";

interface Props {
	plan: ImportPlan;
	/* Names of forwards to leave out. */
	left: ReadonlySet<string>;
	onLeave: (name: string, out: boolean) => void;
	onApply: () => void;
}

export function Plan({ plan, left, onLeave, onApply }: Props) {
	const news = plan.forwards.filter((f) => f.action !== "same" && !left.has(f.name)).length
		+ plan.servers.filter((s) => s.action !== "same").length;

	return (
		<div class="plan" role="status">
			<ul role="list">
				{plan.servers.map((s) => (
					<li key={`s${s.name}`} class={`plan-${s.action}`}>
						<span class="plan-action">{t(`page.import.action.${s.action}`)}</span>
						<span>{t("page.field.server")} <strong>{s.name}</strong> <code>{s.host}</code></span>
					</li>
				))}
				{plan.forwards.map((f) => (
					<li key={`f${f.name}`} class={`plan-${f.action}`}>
						<span class="plan-action">{t(`page.import.action.${f.action}`)}</span>
						<label>
							<input
								type="checkbox"
								checked={f.action !== "same" && !left.has(f.name)}
								disabled={f.action === "same"}
								onChange={(e) => onLeave(f.name, !e.currentTarget.checked)}
							/>
							<strong>{f.name}</strong> <TypeBadge type={f.type} /> <code>{[f.local, f.remote].filter(Boolean).join(" · ")}</code> {t("page.route.via", { server: f.server })}
						</label>
					</li>
				))}
			</ul>
			{plan.skipped.length > 0 && <>
				<h3>{t("page.import.skipped")}</h3>
				<ul class="skipped">
					{plan.skipped.map((s) => (
						<li key={`${s.line ?? ""}${s.what}`}><code>{s.what}</code> {s.why}{s.line ? ` (${t("page.import.line", { n: s.line })})` : ""}</li>
					))}
				</ul>
			</>}
			{news > 0
				? <button type="button" class="button primary" onClick={onApply}>{tn("page.import.apply", news)}</button>
				: <p class="muted">{t("page.import.nothing")}</p>}
		</div>
	);
}
