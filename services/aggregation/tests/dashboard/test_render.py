"""Tables as HTML."""

from aggregation.dashboard.panel import Column, Panel
from aggregation.dashboard.render import rows


def test_rows_are_escaped_and_numbers_keep_their_kind() -> None:
    panel = Panel(
        key="k",
        title="t",
        question="q",
        sentence="s",
        population="p",
        columns=(Column("name", "name"), Column("state", "state"), Column("part", "part", "%")),
        rows=[["<b>", "complete", 1], ["<b>", "complete", 1.0], ["x", "running", 1234]],
        by_week=True,
        links=["", "/a?b&c", ""],
    )
    link = '<a href="/a?b&amp;c">&lt;b&gt;</a>'
    assert rows(panel, is_linked=True).split("</tr>\n") == [
        '<tr class="running">\n<th scope="row">x</th>\n<td>running</td>\n<td class="number">1,234 %</td>\n',
        f'<tr>\n<th scope="row">{link}</th>\n<td>complete</td>\n<td class="number">1.0 %</td>\n',
        '<tr>\n<th scope="row">&lt;b&gt;</th>\n<td>complete</td>\n<td class="number">1 %</td>\n',
        "",
    ]
    assert "href" not in rows(panel, is_linked=False)
