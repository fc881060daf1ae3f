/* Services to begin from. */
import { apply, serviceOf, TEMPLATES } from "../forwards/templates";
import type { ForwardForm } from "../forwards/form";
import { t } from "../i18n/catalog";
import { forwards } from "../state/live";

export function Templates({ onPick }: { onPick: (change: Partial<ForwardForm>) => void }) {
	return (
		<div class="templates" role="group" aria-label={t("page.template.title")}>
			{TEMPLATES.map((template) => (
				<button
					key={template.id}
					type="button"
					class="chip"
					onClick={() => onPick(apply(template, new Set(forwards.all.peek().map((f) => f.name))))}
				>
					{serviceOf(template)}
				</button>
			))}
		</div>
	);
}
