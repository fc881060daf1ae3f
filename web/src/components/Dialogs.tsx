/* Every open dialog, over whatever view is shown; prompts stand above them. */
import { close, dialogs, type DialogSpec } from "../state/dialogs";
import { DeleteForward, DeleteHost, DeleteServer, ResetSecrets, StopToEdit } from "./Confirm";
import { ForwardDialog } from "./ForwardDialog";
import { KeyChanged } from "./KeyChanged";
import { Keys } from "./Keys";
import { Prompts } from "./PromptDialog";
import { ServerDialog } from "./ServerDialog";
import { TestDialog } from "./TestSteps";

function One({ spec, onClose }: { spec: DialogSpec; onClose: () => void }) {
	switch (spec.kind) {
	case "forward": return <ForwardDialog forward={spec.forward} draft={spec.draft} startAfter={spec.startAfter} onClose={onClose} />;
	case "server": return <ServerDialog server={spec.server} draft={spec.draft} onDone={spec.onDone} onClose={onClose} />;
	case "delete-forward": return <DeleteForward forward={spec.forward} onClose={onClose} />;
	case "delete-server": return <DeleteServer server={spec.server} onClose={onClose} />;
	case "delete-host": return <DeleteHost host={spec.host} onDone={spec.onDone} onClose={onClose} />;
	case "reset-secrets": return <ResetSecrets onClose={onClose} />;
	case "stop-to-edit": return <StopToEdit forward={spec.forward} onClose={onClose} />;
	case "key-changed": return <KeyChanged serverId={spec.serverId} trouble={spec.trouble} onClose={onClose} />;
	case "test": return <TestDialog forwardId={spec.forwardId} serverId={spec.serverId} title={spec.title} onClose={onClose} />;
	case "keys": return <Keys onClose={onClose} />;
	}
}

export function Dialogs() {
	return (
		<>
			{dialogs.value.map(({ no, spec }) => <One key={no} spec={spec} onClose={() => close(no)} />)}
			<Prompts />
		</>
	);
}
