"""How many homes of a network are counted, over the internet's kinds of addresses."""

from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import pytest

from aggregation.keeping.repository import Repository
from aggregation.keys import new_api_key
from aggregation.quota import SHARE, NetworkQuota, _is_public
from aggregation.storage.engine import Database
from aggregation.storage.records import KeyScope
from aggregation.weeks import iso_name, report_week
from tests.made import sums, verified
from tests.support import END, START, calling, encoded, live_server, settings_for, submit, wait_until
from tests.v2 import WeeklyClient

WEEK = 2967


def taken(quota: NetworkQuota, *addresses: str, week: int = WEEK) -> list[bool]:
    return [quota.take(address, week) for address in addresses]


def test_one_home_of_a_network_a_day_is_counted_and_more_where_there_are_many() -> None:
    quota = NetworkQuota(1)
    assert taken(quota, "8.8.8.1", "8.8.8.2", "8.8.9.1") == [True, False, True]
    quota.homes = 3 * SHARE
    assert taken(quota, *["8.8.8.3"] * 4) == [True, True, False, False]


def test_weeks_that_waited_are_counted_each() -> None:
    quota = NetworkQuota(1)
    assert [quota.take("8.8.8.1", WEEK - ago) for ago in range(10)] == [True] * 8 + [False] * 2


def test_networks_of_one_owner_have_a_share_together() -> None:
    quota = NetworkQuota(1)
    counted = taken(quota, *(f"8.8.{number}.1" for number in range(256)))
    assert sum(counted) == 16
    wide = taken(quota, *(f"2a01:4f8:{number:x}::1" for number in range(1000)))
    assert sum(wide) == 16
    assert taken(quota, *(f"2a02:8109:1:{number:x}::1" for number in range(200))).count(True) == 1


@pytest.mark.parametrize("address", ["192.168.1.7", "10.0.0.1", "127.0.0.1", "fd00::1", "", "unix"])
def test_networks_that_are_not_of_the_internet_have_no_limit(address: str) -> None:
    assert taken(NetworkQuota(1), *[address] * 50) == [True] * 50


def test_whether_a_network_is_public_is_said_as_the_standard_library_says_it() -> None:
    for number in range(0, 1 << 24, 251):
        start = number.to_bytes(3)
        assert _is_public(start) == ip_address(start + b"\0").is_global, start


@pytest.mark.parametrize("address", ["2002:808:808::{:x}", "2001:0:4136:e378:8000:63bf:f7f7:{:x}"])
def test_addresses_that_one_of_version_4_gives_away_are_of_its_network(address: str) -> None:
    assert taken(NetworkQuota(1), *map(address.format, range(0xF7F0, 0xF7FF))).count(True) == 1


def test_zero_counts_all_and_what_is_given_back_is_free() -> None:
    assert taken(NetworkQuota(0), *["8.8.8.8"] * 50) == [True] * 50
    quota = NetworkQuota(1)
    for _ in range(3):
        assert quota.take("8.8.8.8", WEEK)
        quota.give_back("8.8.8.8", WEEK)


def test_memory_is_bounded_and_no_address_is_in_it() -> None:
    quota = NetworkQuota(1, capacity=100)
    taken(quota, *(f"9.{number % 200}.{number % 7}.1" for number in range(1000)))
    assert len(quota._taken) <= 103
    assert all(len(key) == 16 for key in quota._taken)


def test_each_day_has_another_salt() -> None:
    quota = NetworkQuota(1)
    assert quota.take("8.8.8.8", WEEK)
    before = set(quota._taken)
    quota._day = date(2000, 1, 1)
    assert quota.take("8.8.8.8", WEEK)
    assert not before & set(quota._taken)


def post(http: httpx.Client, address: str, changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """Send a report of a new home from an address, as a proxy says it."""
    answer = submit(http, encoded(changes), **{"X-Forwarded-For": address})
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


def test_homes_of_a_crowded_network_are_stored_receipted_and_counted_apart(database: Path) -> None:
    repository = Repository.open(f"sqlite:///{database}", 1)
    key, row = new_api_key("reader", KeyScope.READ)
    repository.add_api_key(row)
    repository.close()
    with live_server(settings_for(database, behind_proxy=True)) as url, calling(url) as http:
        for number in range(5):
            assert post(http, f"8.8.8.{number}")["receipt"]["jws"]
        post(http, "9.9.9.9")
        with calling(url, headers={"X-Forwarded-For": "8.8.8.8"}) as crowded:
            weekly = WeeklyClient(crowded)
            body = weekly.body()
            assert {weekly.submit(body).status_code for _ in range(3)} == {200}
        wait_until(lambda: http.get("/health/ready").json()["fold_lag"] == 0)
        headers = {"X-API-Key": key}
        metrics = http.get("/metrics", headers=headers).text
        apart = http.get("/stats/weekly?metric=active&scope=apart&weeks=3", headers=headers).json()
    opened = Database(f"sqlite:///{database}", 1)
    week = report_week(START, END)
    assert sums(opened, week)["active:"] == 2
    assert sums(opened, week, "apart")["active:"] == 5
    assert verified(opened).agrees
    opened.close()
    assert "aggregation_apart_reports_total 5.0" in metrics
    assert "aggregation_unknown_version_ratio 1.0" in metrics
    assert {found["week"]: found["values"] for found in apart["weeks"] if found["values"]} == {
        iso_name(week): {"": 5}
    }
    assert apart["weeks"][-1]["complete"] is False
