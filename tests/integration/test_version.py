"""The program starts."""
import os
import subprocess


def test_version():
    taupe = os.environ.get("TAUPE", "build/taupe")
    done = subprocess.run([taupe, "--version"], capture_output=True, text=True,
                          timeout=10)
    assert done.stdout.startswith("taupe ")
