import { Empty } from "../components/Empty";
import { ForwardList } from "../components/ForwardList";
import { AddForward, Toolbar } from "../components/Toolbar";
import { t } from "../i18n/catalog";
import { forwards, loaded } from "../state/live";
import { setListing, shown } from "../state/selection";

export function Forwards() {
	const some = forwards.ids.value.length > 0;

	return (
		<>
			<header class="view-head">
				<h1>{t("page.nav.forwards")}</h1>
				{some && <AddForward />}
			</header>
			{!loaded.value && <p class="muted">{t("page.loading")}</p>}
			{loaded.value && !some && <Empty />}
			{some && <Toolbar />}
			{some && shown.value.length === 0 && (
				<div class="nothing">
					<p>{t("page.nothing_found")}</p>
					<button type="button" class="button" onClick={() => setListing({ search: "", tag: "" })}>{t("page.show_all")}</button>
				</div>
			)}
			{some && <ForwardList />}
		</>
	);
}
