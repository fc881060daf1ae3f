"""Debian's Chromium without a window, as a person's whose traffic goes through
a tunnel."""
import os
import subprocess

import env

QUIET = ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage",
         "--no-first-run", "--no-default-browser-check", "--disable-sync",
         "--disable-background-networking", "--disable-component-update",
         "--disable-extensions", "--disable-default-apps"]


def text_of(url, *options):
    """The page's document once it is loaded, its scripts run."""
    profile = env.folder()
    # Its sandbox wants another user than root.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    clean = {name: value for name, value in os.environ.items()
             if not name.lower().endswith("_proxy")
             and not name.startswith(("DBUS_", "XDG_"))}
    try:
        done = subprocess.run(
            [env.tool("chromium"), *QUIET, *root, f"--user-data-dir={profile}",
             *options, "--dump-dom", url],
            capture_output=True, text=True, timeout=env.PATIENCE * 3,
            check=False, stdin=subprocess.DEVNULL,
            env={**clean, "HOME": str(profile)})
    finally:
        env.remove(profile)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
