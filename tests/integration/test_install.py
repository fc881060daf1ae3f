"""What `make install` puts where, and that `make build` made all of it."""
import configparser
import json
import os
import pathlib
import subprocess

import pytest

import env
import taupe as driver

pytestmark = pytest.mark.taupe_only

EXPECTED = {
    "bin/taupe",
    "lib/systemd/system/taupe@.service",
    "lib/systemd/user/taupe.service", "lib/systemd/user/taupe.socket",
    "share/applications/taupe.desktop",
    "share/bash-completion/completions/taupe",
    "share/doc/taupe/CHANGELOG.md", "share/doc/taupe/LICENSE",
    "share/doc/taupe/api.md", "share/doc/taupe/guide.en.md",
    "share/doc/taupe/guide.fr.md", "share/doc/taupe/openapi.json",
    "share/fish/vendor_completions.d/taupe.fish",
    "share/icons/hicolor/scalable/apps/taupe.svg",
    "share/man/fr/man1/taupe-run.1", "share/man/fr/man1/taupe.1",
    "share/man/fr/man8/taupe-daemon.8",
    "share/man/man1/taupe-run.1", "share/man/man1/taupe.1",
    "share/man/man8/taupe-daemon.8",
    "share/zsh/site-functions/_taupe",
}


@pytest.fixture(scope="module")
def tree():
    """The build folder of the taupe under test."""
    folder = pathlib.Path(driver.COMMAND[-1]).parent
    if not (folder / "build.ninja").exists():
        pytest.skip("TAUPE is not in a build folder")
    return folder


def said(*words):
    return subprocess.run([str(word) for word in words], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def installed(tree):
    return json.loads(said("meson", "introspect", "--installed", tree))


def test_make_build_makes_all_that_is_installed(tree):
    made = {line.strip(" |") for line in said(
        "ninja", "-C", tree, "-t", "query", "installed").splitlines()}
    rules = {line.partition(":")[0] for line in said(
        "ninja", "-C", tree, "-t", "targets", "all").splitlines()}
    for path in installed(tree):
        name = os.path.relpath(path, tree)
        assert name not in rules or name in made, f"{name} is not built"


def test_everything_has_its_place(tree):
    goals = installed(tree).values()
    prefix = os.path.commonpath(goals)
    assert {os.path.relpath(goal, prefix) for goal in goals} == EXPECTED


def test_pages_of_the_manual_are_all_installed():
    pages = {path.name for path in env.ROOT.glob("docs/man/*.[1-8]")}
    french = {path.name for path in env.ROOT.glob("docs/man/fr/*.[1-8]")}
    assert pages == french
    for name in pages:
        assert f"share/man/man{name[-1]}/{name}" in EXPECTED
        assert f"share/man/fr/man{name[-1]}/{name}" in EXPECTED


def test_units_start_what_is_installed(tree):
    program = next(goal for path, goal in installed(tree).items()
                   if path == str(tree / "taupe"))
    for unit in ("taupe.service", "taupe@.service"):
        text = (tree / "packaging" / unit).read_text()
        assert f"ExecStart={program} daemon\n" in text


def test_the_desktop_entry():
    entry = configparser.RawConfigParser()
    entry.read(env.ROOT / "packaging" / "taupe.desktop")
    entry = entry["Desktop Entry"]
    assert entry["Exec"] == "taupe open"
    assert f"share/icons/hicolor/scalable/apps/{entry['Icon']}.svg" in EXPECTED


@pytest.fixture
def web():
    """A page's folder with nothing built in it, in a tree of its own."""
    folder = env.folder() / "a tree"
    for name in ("web/src/main.tsx", "web/public/icon.svg", "web/index.html",
                 "web/vite.config.ts", "web/package-lock.json",
                 "lang/en.json"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "scripts").mkdir()
    (folder / "scripts/page").symlink_to(env.ROOT / "scripts/page")
    (folder / "bin").mkdir()
    for name in ("sh", "dirname", "find"):
        (folder / "bin" / name).symlink_to(env.tool(name))
    yield folder / "web"
    env.remove(folder.parent)


def page(web, *words):
    return subprocess.run(
        [web.parent / "scripts/page", *words], cwd="/", text=True, check=False,
        capture_output=True, env={"PATH": str(web.parent / "bin")})


def test_without_node_the_page_is_left_out(web):
    done = page(web, "build")
    assert done.returncode == 0 and "the page is left out" in done.stdout
    assert page(web, "test").returncode == 1


def test_without_node_a_page_that_is_built_stays(web):
    built = web / "dist" / "index.html"
    built.parent.mkdir()
    built.touch()
    done = page(web, "build")
    assert (done.returncode, done.stdout) == (0, "")
    os.utime(built, (1, 1))
    done = page(web, "build")
    assert done.returncode == 0 and "as it was built before" in done.stdout
