"""Printers that Printernizer gets, loses, or no longer looks at."""

from homeassistant.helpers import issue_registry as ir

from .at_home import Home


async def test_a_printer_that_is_online_for_ever_is_told_of(
    home: Home, issue_registry: ir.IssueRegistry
) -> None:
    home.app.show("a", "online", temperatures=None, last_seen="now")
    await home.async_setup("a")
    await home.async_poll(19)
    assert not issue_registry.issues
    await home.async_poll(2)
    (issue,) = issue_registry.issues.values()
    assert (issue.translation_key, issue.translation_placeholders) == ("app_unasked", {"count": "1"})
    home.app.show("a", "online")
    await home.async_poll()
    assert not issue_registry.issues


async def test_a_printer_that_it_no_longer_has_is_gone(home: Home, issue_registry: ir.IssueRegistry) -> None:
    home.app.show("a", "online")
    home.app.show("b", "online")
    await home.async_setup("a", "b")
    home.app.printers = [each for each in home.app.printers if each["id"] == "b"]
    await home.async_poll(9)
    assert not issue_registry.issues
    await home.async_poll(12)
    assert [each.translation_key for each in issue_registry.issues.values()] == ["printer_gone"]


async def test_new_printers_are_offered(home: Home, issue_registry: ir.IssueRegistry) -> None:
    home.app.show("a", "online")
    await home.async_setup("a")
    home.app.show("b", "online")
    await home.async_poll()
    (issue,) = issue_registry.issues.values()
    assert (issue.translation_key, issue.translation_placeholders) == ("new_printers", {"count": "1"})
