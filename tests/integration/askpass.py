"""A program for SSH_ASKPASS that answers from a list and notes the questions."""
import os


class Askpass:
    """`environ` makes taupe (and ssh) use it; None cancels the question."""

    def __init__(self, folder, *answers):
        self.asked_file = folder / "asked"
        self.asked_file.touch()
        self.program = folder / "askpass"
        rows = [f"{n}) {self._answer(answer)} ;;"
                for n, answer in enumerate(answers, 1)]
        self.program.write_text(
            "#!/bin/sh\n"
            f"printf '%s' \"$1\" | tr '\\n' ' ' >>'{self.asked_file}'\n"
            f"echo >>'{self.asked_file}'\n"
            f"case $(wc -l <'{self.asked_file}') in\n"
            + "\n".join(rows) + "\n*) exit 1 ;;\nesac\n")
        os.chmod(self.program, 0o700)
        self.environ = {"SSH_ASKPASS": str(self.program),
                        "SSH_ASKPASS_REQUIRE": "force"}

    @staticmethod
    def _answer(answer):
        if answer is None:
            return "exit 1"
        quoted = answer.replace("'", "'\\''")
        return f"printf '%s\\n' '{quoted}'"

    def asked(self):
        return self.asked_file.read_text().splitlines()
