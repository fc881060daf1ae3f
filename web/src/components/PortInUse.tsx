/* A local port that is taken: by whom, and the next free one. */
import type { Check } from "../api/types";
import { t } from "../i18n/catalog";
import { portOf } from "./port";

interface Props {
	port: NonNullable<Check["port"]>;
	onTake: (port: number) => void;
}

export function PortInUse({ port, onTake }: Props) {
	const next = portOf(port.next);

	return (
		<div class="port-in-use" role="status">
			<p>{t("error.port_in_use", { address: port.address, holder: port.holder })}</p>
			{next !== null && (
				<button type="button" class="button small" onClick={() => onTake(next)}>
					{t("page.port.take", { port: next })}
				</button>
			)}
		</div>
	);
}
