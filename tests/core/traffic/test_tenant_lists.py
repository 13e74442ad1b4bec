"""A list of Tenants as text, cut into lines: each fault names its line, nothing is guessed."""

import pytest

from traffic.core.tenant_lists import TENANTS_MAX, read_lines

HEAD = "name,hostnames"


def faults(text: str) -> list[tuple[int, str, str]]:
    return [(one.number, one.field, one.reason.code) for one in read_lines(text)[1]]


@pytest.mark.parametrize(
    ("text", "given"),
    [
        pytest.param(f"{HEAD}\na,a.example", {2: "a"}, id="csv"),
        pytest.param(f"\ufeff{HEAD}\r\na,a.example\r\n", {2: "a"}, id="as a spreadsheet writes it"),
        pytest.param(f"\n\n{HEAD}\n\na,a.example\n,\nb,b.example", {5: "a", 7: "b"}, id="empty lines"),
        pytest.param(
            f'{HEAD}\na,"a.example\nb.example"\nb,c.example', {2: "a", 4: "b"}, id="a cell of two lines"
        ),
        pytest.param('\n{"name": "a"}\n\n{"name": "b"}\n', {2: "a", 4: "b"}, id="json lines"),
    ],
)
def test_a_line_keeps_its_number(text: str, given: dict[int, str]) -> None:
    lines, wrong = read_lines(text)
    assert not wrong
    assert {line.number: line.given["name"] for line in lines} == given


@pytest.mark.parametrize("cell", ["a.example b.example", "a.example;b.example", '"a.example, b.example"'])
def test_hostnames_stand_apart_by_what_people_use(cell: str) -> None:
    ((line,), _none) = read_lines(f"{HEAD}\nx,{cell}")
    assert line.given["hostnames"] == ["a.example", "b.example"]


def test_an_empty_cell_is_not_given() -> None:
    ((line,), _none) = read_lines(f"{HEAD},load,redundancy\nx,a.example, ,")
    assert dict(line.given) == {"name": "x", "hostnames": ["a.example"]}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        pytest.param("", [(1, "", "list-empty")], id="nothing"),
        pytest.param(" \n\n", [(1, "", "list-empty")], id="empty lines"),
        pytest.param("name\nx", [(1, "hostnames", "column-needed")], id="no hostnames"),
        pytest.param(
            "name,hostnames,tier\nx,a.example,1", [(1, "tier", "column-unknown")], id="unknown column"
        ),
        pytest.param("name,hostnames,name\n", [(1, "name", "column-twice")] * 2, id="column twice"),
        pytest.param(
            f"{HEAD}\nx\ny,a.example,3", [(2, "", "cells-other"), (3, "", "cells-other")], id="cells"
        ),
        pytest.param(f'{HEAD}\nx,a.example\ny,"b', [(3, "", "line-no-csv")], id="an open quote"),
        pytest.param('{"name": "x"}\n{"name": ', [(2, "", "line-no-json")], id="broken JSON"),
        pytest.param('{"name": "x"}\n' + "[" * 99_999, [(2, "", "line-no-json")], id="too deep"),
        pytest.param('{"name": "x"}\n"y"', [(2, "", "line-no-object")], id="no object"),
        pytest.param('{"name": "x", "tier\\ud800": 1}', [(1, "tier", "column-unknown")], id="unknown field"),
        pytest.param(
            f"{HEAD}\n" + "x,a.example\n" * (TENANTS_MAX + 1),
            [(TENANTS_MAX + 2, "", "list-too-long")],
            id="too many",
        ),
    ],
)
def test_what_is_no_list_is_told_with_its_line(text: str, wrong: list[tuple[int, str, str]]) -> None:
    assert faults(text) == wrong
