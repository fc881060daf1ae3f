import { Dialogs } from "./components/Dialogs";
import { Menu } from "./components/Menu";
import { Shell } from "./components/Shell";
import { Toasts } from "./components/Toasts";
import { route } from "./state/router";
import { access } from "./state/session";
import { Activity } from "./views/Activity";
import { ForwardDetails } from "./views/ForwardDetails";
import { Forwards } from "./views/Forwards";
import { KnownHosts } from "./views/KnownHosts";
import { Login } from "./views/Login";
import { Servers } from "./views/Servers";
import { Settings } from "./views/Settings";

function View() {
	const { view, id } = route.value;

	switch (view) {
	case "forwards": return id === null ? <Forwards /> : <ForwardDetails key={id} id={id} />;
	case "servers": return <Servers />;
	case "known-hosts": return <KnownHosts />;
	case "activity": return <Activity />;
	case "settings": return <Settings />;
	}
}

export function App({ loginCode }: { loginCode: string | null }) {
	if (loginCode !== null) return <Login code={loginCode} />;
	if (access.value === "unknown") return null;
	if (access.value === "out") return <Login code="" />;
	return (
		<>
			<Shell>
				<View />
				<Menu />
			</Shell>
			<Dialogs />
			<Toasts />
		</>
	);
}
