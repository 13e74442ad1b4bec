"""The Routes of the example fleet, as the demo cuts its tenants into them, and where each is in normal times."""

SHOP_R = ("shop-r-1", "shop-r-2", "shop-r-3")
SHOP_S = ("shop-s-1", "shop-s-2", "shop-s-3", "shop-s-4")
SHOP_T = ("shop-t-1", "shop-t-2", "shop-t-3", "shop-t-4")
NORMAL: dict[str, set[str]] = {
    **{route: {"a-2", "b-1"} for route in SHOP_R},
    **{route: {"a-1"} for route in SHOP_S},
    **{route: {"b-2"} for route in SHOP_T},
    "shop-u": {"c-1"},
    "staff": {"c-2"},
}
