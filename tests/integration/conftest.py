"""The fixtures. A test gets servers and taupes through them, and they go with it."""
import contextlib

import pytest

import daemon as keeper
import databases
import env
import makes
import networks as netns
import peers
import taupe as driver


@pytest.fixture(scope="session")
def run():
    made = makes.Run()
    yield made
    made.done()


@pytest.fixture(scope="module")
def sshd(run):
    """An sshd with defaults, shared by a file's tests that do not harm it."""
    with makes.OpenSSH(run) as server:
        yield server


@pytest.fixture
def stack():
    """Closed in reverse order at the test's end."""
    with contextlib.ExitStack() as held:
        yield held


@pytest.fixture
def start(stack):
    """start(server, "-L", …): a taupe on that server, stopped at the end. The
    key may be named (key=None for none), options come before the place."""
    def launch(server, *words, key="ed25519", **options):
        return stack.enter_context(
            driver.Taupe(*words, *server.args(key), **options))
    return launch


@pytest.fixture
def daemon(stack):
    """A daemon of the test's own."""
    return stack.enter_context(keeper.Daemon())


@pytest.fixture(scope="session")
def networks_here():
    why = netns.why_not()
    if why:
        pytest.skip(why)


@pytest.fixture
def networks(networks_here, stack):
    """The client's and the server's, on one wire."""
    here, there = (stack.enter_context(netns.Namespace()) for _ in range(2))
    netns.join(here, there)
    return here, there


@pytest.fixture
def echo():
    with peers.Service(peers.echo) as service:
        yield service


@pytest.fixture
def web():
    with peers.Service(peers.web) as service:
        yield service


@pytest.fixture(scope="session")
def postgres():
    with databases.Postgres() as made:
        yield made


@pytest.fixture(scope="session")
def mariadb():
    with databases.MariaDb() as made:
        yield made


@pytest.fixture
def folder():
    made = env.folder()
    yield made
    env.remove(made)


def pytest_collection_modifyitems(items):
    """Under the shim only what ssh can do as well is run."""
    if not driver.SHIM:
        return
    for item in items:
        if item.get_closest_marker("taupe_only"):
            item.add_marker(pytest.mark.skip(reason="ssh cannot do it"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """What the servers said goes into a failure's report."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for value in list(getattr(item, "funcargs", {}).values()):
            if isinstance(value, makes.Server):
                report.sections.append(
                    (f"{type(value).__name__} said", value.said()))
