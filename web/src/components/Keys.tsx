/* The page's keys. */
import { t, type Key } from "../i18n/catalog";
import { Dialog } from "./Dialog";

const KEYS: readonly (readonly [string, Key])[] = [
	["n", "page.keys.new"],
	["/", "page.keys.search"],
	["↓ ↑ j k", "page.keys.move"],
	["Enter", "page.keys.details"],
	["s", "page.keys.start_stop"],
	["r", "page.keys.restart"],
	["e", "page.keys.edit"],
	["Del", "page.keys.delete"],
	["x", "page.keys.choose"],
	["Esc", "page.keys.close"],
	["?", "page.keys.help"],
];

export function Keys({ onClose }: { onClose: () => void }) {
	return (
		<Dialog title={t("page.keys.title")} onClose={onClose}>
			<dl class="dialog-body keys">
				{KEYS.map(([key, what]) => (
					<div key={key}>
						<dt>{key.split(" ").map((one) => <kbd key={one}>{one}</kbd>)}</dt>
						<dd>{t(what)}</dd>
					</div>
				))}
			</dl>
		</Dialog>
	);
}
