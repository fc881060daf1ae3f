/* Nothing here yet: what a forward is, and ways to the first one. */
import { ArrowDownToLine, ArrowUpFromLine, Globe, type LucideIcon } from "lucide-preact";
import type { ForwardType } from "../api/types";
import { apply, serviceOf, TEMPLATES } from "../forwards/templates";
import { t } from "../i18n/catalog";
import { open } from "../state/dialogs";
import { href } from "../state/router";
import { Mole } from "./Mole";
import { AddForward } from "./Toolbar";

const KINDS: readonly { type: ForwardType; icon: LucideIcon }[] = [
	{ type: "local", icon: ArrowDownToLine },
	{ type: "remote", icon: ArrowUpFromLine },
	{ type: "dynamic", icon: Globe },
];

export function Empty() {
	return (
		<section class="empty">
			<Mole size={72} />
			<h2>{t("page.empty.title")}</h2>
			<p>{t("page.empty.text")}</p>
			<AddForward />
			<ul class="kinds">
				{KINDS.map(({ type, icon: Icon }) => (
					<li key={type}>
						<Icon aria-hidden="true" />
						<h3>{t(`type.${type}`)}</h3>
						<p>{t(`page.meaning.${type}`)}</p>
					</li>
				))}
			</ul>
			<p class="muted">{t("page.empty.templates")}</p>
			<div class="templates">
				{TEMPLATES.slice(0, 8).map((template) => (
					<button key={template.id} type="button" class="chip" onClick={() => open({ kind: "forward", draft: apply(template, new Set()) })}>
						{serviceOf(template)}
					</button>
				))}
			</div>
			<p><a href={href("settings")}>{t("page.empty.import")}</a></p>
		</section>
	);
}
