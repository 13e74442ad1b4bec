"""What each Prod commits, and who has nowhere else to go."""

import pytest

from traffic.core.load import Member, ProdLoad, RouteLoad, committed_loads


def member(prod: str, domain: str, weight: int = 50, serving: bool = True) -> Member:
    return Member(prod, domain, weight, serving)


def test_the_example_fleet_commits_what_the_design_says():
    shop_r = (member("a-2", "tokyo"), member("b-1", "osaka"))
    routes = [
        *(RouteLoad(f"shop-r-{n}", 100, 100, shop_r) for n in range(3)),
        *(RouteLoad(f"shop-s-{n}", 100, 100, (member("a-1", "tokyo", 100),)) for n in range(4)),
        *(RouteLoad(f"shop-t-{n}", 100, 100, (member("b-2", "osaka", 100),)) for n in range(4)),
        RouteLoad("shop-u", 20, 20, (member("c-1", "fukuoka", 100),)),
        RouteLoad("staff", 3, 3, (member("c-2", "fukuoka", 100),)),
    ]
    loads = {prod: facts.load for prod, facts in committed_loads(routes).items()}
    assert loads == {"a-1": 400, "a-2": 300, "b-1": 300, "b-2": 400, "c-1": 20, "c-2": 3}


@pytest.mark.parametrize(
    ("other", "alone"),
    [
        pytest.param(member("b-1", "osaka"), (), id="another domain"),
        pytest.param(member("a-2", "tokyo"), ("r",), id="the same domain"),
        pytest.param(member("b-1", "osaka", weight=0), ("r",), id="weight 0 serves nobody"),
        pytest.param(member("b-1", "osaka", serving=False), ("r",), id="not serving"),
    ],
)
def test_only_a_serving_member_in_another_domain_is_a_refuge(other, alone):
    route = RouteLoad("r", 10, 5, (member("a-1", "tokyo"), other))
    assert committed_loads([route])["a-1"].alone == alone


def test_a_member_of_weight_0_commits_nothing():
    route = RouteLoad("r", 10, 5, (member("a-1", "tokyo", 100), member("b-1", "osaka", 0)))
    assert committed_loads([route]) == {"a-1": ProdLoad(10, 5, ("r",), ("r",))}


def test_routes_are_sorted_whatever_order_they_come_in():
    routes = [RouteLoad(name, 1, 1, (member("a-1", "tokyo"),)) for name in ("z", "a", "m")]
    assert committed_loads(routes)["a-1"].routes == ("a", "m", "z")
