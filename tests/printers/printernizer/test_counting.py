"""Printers behind Printernizer, counted by the whole integration beside a stand-in of the app."""

from .at_home import Home


async def test_a_print_is_counted_once_with_its_outcome_and_time(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await home.async_poll()
    for progress in range(0, 100, 10):
        home.app.show("a", "printing", progress)
        await home.async_poll()
    home.app.show("a", "online", 100)
    await home.async_poll(3)
    counted = {name: home.counts.get(name, 0) for name in ("job_created", "job_completed", "print_seconds")}
    assert counted == {"job_created": 1, "job_completed": 1, "print_seconds": 300}
