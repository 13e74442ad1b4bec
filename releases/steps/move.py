"""move: the Prod's users are served elsewhere."""

from journal.core.reasons import because, within
from releases.core.answers import Answer, Failed, Running, Succeeded

from .view import StepView, seconds_left


def look(view: StepView) -> Answer:
    """Succeeded once every router that answers shows it, and one does; those that do not are brought to it first
    when they come back. The weights were changed when the Run was started."""
    published, routes = view.published, int(view.params["routes"])
    if published is None:
        return Succeeded(because("moved", routes=routes))
    late = [one for one in published.behind if one[0] not in published.unreachable]
    if not late and len(published.unreachable) < published.instances:
        away = ", ".join(published.unreachable)
        code = "moved-but-for-routers" if away else "moved"
        return Succeeded(because(code, routes=routes, routers=away))
    router, why = late[0] if late else published.behind[0]
    counted: dict[str, str | int] = {
        "router": router,
        "behind": len(published.behind),
        "of": published.instances,
    }
    reason = within("router-behind", why, **counted) if why else because("waits-for-routers", **counted)
    left = seconds_left(view, "timeout_s")
    return Running(reason, min(1.0, max(left, 0.1))) if left > 0 else Failed(reason)
