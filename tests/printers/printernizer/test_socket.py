"""What Printernizer says by its socket: stops, pauses, downloads, and noise."""

import pytest

from .at_home import Home
from .printing import async_print, ended


async def test_the_word_of_the_socket_tells_a_stop_from_an_end(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await home.async_until(lambda: home.app.subscribed == ["a"])
    await async_print(home, range(0, 50, 5))
    home.app.show("a", "unknown", 45)
    home.app.look()
    await home.app.async_tell("a", "Stopped")
    await home.async_poll(2)
    assert ended(home) == {"job_created": 1, "job_cancelled": 1}
    assert home.counts.get("job_paused", 0) == 0


async def test_a_printer_that_wants_attention_is_paused_and_goes_on(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await home.async_until(lambda: home.app.subscribed == ["a"])
    await async_print(home, range(0, 50, 5))
    home.app.show("a", "unknown", 45)
    home.app.look()
    await home.app.async_tell("a", "Attention")
    await home.async_poll(20)
    await async_print(home, range(50, 100, 5))
    home.app.show("a", "unknown", 100)
    await home.async_poll(2)
    assert ended(home) == {"job_created": 1, "job_completed": 1}
    assert home.counts["print_seconds"] <= 660, "the pause is no print time"


async def test_a_socket_that_closes_is_opened_anew(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await home.async_until(lambda: home.app.sockets == 1)
    await home.app.async_hang_up()
    await home.async_until(lambda: home.app.sockets == 0)
    await home.async_poll()
    await home.async_until(lambda: home.app.subscribed == ["a", "a"])


@pytest.mark.parametrize("noise", ["", "no JSON", "[]", '{"type": 7}', '{"type": "printer_status"}', "\x00"])
async def test_noise_on_the_socket_harms_nothing(home: Home, noise: str) -> None:
    home.app.show("a", "printing", 10)
    await home.async_setup("a")
    await home.async_until(lambda: home.app.subscribed == ["a"])
    await home.app.async_say(noise)
    await home.async_poll(4)
    home.app.show("a", "online", 100)
    await home.async_poll(3)
    assert ended(home) == {"job_created": 1, "job_completed": 1}


async def test_a_download_counts_once_however_often_it_is_told(home: Home) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    await home.async_until(lambda: home.app.sockets == 1)
    for file, status in (("1", "downloading"), ("1", "completed"), ("1", "completed"), ("2", "failed")):
        data = {"download_id": f"/home/secret/{file}", "status": status, "progress": 100}
        await home.app.async_say({"type": "system_event", "event_type": "download_progress", "data": data})
    await home.async_until(lambda: home.recorded("error_occurred") == 1)
    await home.async_idle()
    assert home.counts["file_downloaded"] == 1
    assert home.counts["error_type.file_download_failed"] == 1
