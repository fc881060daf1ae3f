"""ssh in taupe's clothes: TAUPE=ssh-shim runs the tests with it, to see whether
the tests are right. It speaks enough of `taupe run --json` for that: one ssh, no
reconnecting, forwards are connected when ssh says so."""
import json
import re
import signal
import subprocess
import sys
import threading

import env

TYPES = {"-L": "local", "-R": "remote", "-D": "dynamic"}


def say(**event):
    print(json.dumps(event), flush=True)


def free_port():
    return env.free_port()


def main():
    words = sys.argv[3:]
    forwards, rest = [], []
    it = iter(words)
    for word in it:
        if word in TYPES:
            spec = next(it)
            if word != "-R":
                spec = re.sub(r"^((?:.*:)?)0(:.*:\d+)?$",
                              lambda m: f"{m[1]}{free_port()}{m[2] or ''}", spec)
            forwards.append((word, spec))
        elif word == "--once":
            continue
        elif word == "-o":
            option = next(it)
            if not option.startswith("TaupePool"):
                rest += [word, option]
        else:
            rest.append(word)
    if "-F" not in rest:
        rest = ["-F", "none", *rest]
    command = ["ssh", "-N", "-v",
               "-o", "GlobalKnownHostsFile=/dev/null",
               "-o", "ExitOnForwardFailure=yes",
               *(x for f in forwards for x in f), *rest]
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    child = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, []))
    asked = threading.Event()

    def stop():
        signal.sigwait([signal.SIGTERM])
        asked.set()
        child.terminate()
        try:
            child.wait(3)
        except subprocess.TimeoutExpired:
            child.kill()

    threading.Thread(target=stop, daemon=True).start()
    remote = sum(word == "-R" for word, _ in forwards)
    allocated = {}
    done = 0

    def up():
        for word, spec in forwards:
            listen = spec if word == "-D" else spec.rsplit(":", 2)[0]
            if word == "-R" and spec in allocated:
                listen = f":{allocated[spec]}"
            say(event="forward", forward=f"{word} {spec}", type=TYPES[word],
                state="connected", listen=listen, error=None)

    ready = False
    hops = 0
    if "-J" in rest:
        hops = rest[rest.index("-J") + 1].count(",") + 1
    for line in child.stderr:
        sys.stderr.write(line)
        sys.stderr.flush()
        if m := re.search(r"Allocated port (\d+) for remote forward", line):
            spec = next(s for w, s in forwards if w == "-R" and
                        re.match(r"([^/]*:)?0(:|$)", s) and s not in allocated)
            allocated[spec] = int(m[1])
        done += "remote forward success" in line
        hops -= "via proxy" in line
        if hops <= 0 and "Entering interactive session" in line:
            ready = True
        zeros = sum(w == "-R" and bool(re.match(r"([^/]*:)?0(:|$)", s))
                    for w, s in forwards)
        if ready and done == remote and len(allocated) == zeros:
            ready = False
            up()
        for pattern, code in ((r"Permission denied \(", "auth_failed"),
                              (r"Host key verification failed", "host_key_unknown"),
                              (r"IDENTIFICATION HAS CHANGED", "host_key_changed"),
                              (r"marked as revoked", "host_key_revoked"),
                              (r"to host .* Connection refused", "connect_refused"),
                              (r"Unable to negotiate", "no_common_algorithm"),
                              (r"connect failed: Connection refused",
                               "target_refused"),
                              (r"administratively prohibited",
                               "target_prohibited")):
            if re.search(pattern, line):
                say(event="server", error={"code": code})
                break
    code = child.wait()
    sys.exit(0 if asked.is_set() else code)


main()
