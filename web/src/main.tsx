import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/forwards.css";
import "./styles/dialogs.css";
import "./styles/views.css";
import { App } from "./app";
import { watchKeys } from "./components/list-keys";
import { watchForNotifications } from "./state/notify";
import { watchRoute } from "./state/router";
import { checkSession, watchSettings } from "./state/session";

/* The code leaves the address bar, and so the history, at once. */
function takeLoginCode(): string | null {
	if (location.pathname !== "/login") return null;
	const code = location.hash.slice(1);
	history.replaceState(null, "", "/login");
	return code;
}

const loginCode = takeLoginCode();

watchSettings();
watchRoute();
watchKeys();
watchForNotifications();
render(<App loginCode={loginCode} />, document.getElementById("app")!);
if (loginCode === null) void checkSession();
