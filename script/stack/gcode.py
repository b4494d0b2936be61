"""Short jobs for the virtual printer."""


def dwelling_job(seconds: int) -> str:
    """Return G-code that a printer works on for about the given number of seconds.

    It consists of one-second dwells, so that its length does not depend on the machine.
    """
    lines = ["G28", *["G4 P1000"] * seconds, "M84"]
    return "\n".join(lines) + "\n"
