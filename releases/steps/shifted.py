"""Whether routers show what was asked of them: shared by the steps that change traffic."""

from journal.core.reasons import because, within
from releases.core.answers import Answer, Failed, Running

from .view import StepView, seconds_left


def not_shifted(view: StepView) -> Answer | None:
    """Running while a router is behind, Failed when `timeout_s` is over, None once all show it."""
    published = view.published
    if published is None or not published.behind:
        return None
    router, why = published.behind[0]
    left = seconds_left(view, "timeout_s")
    counted: dict[str, str | int] = {
        "router": router,
        "behind": len(published.behind),
        "of": published.instances,
    }
    if why is None:
        reason = because("waits-for-routers", **counted)
    else:
        reason = within("router-behind", why, **counted)
    return Running(reason, min(1.0, max(left, 0.1))) if left > 0 else Failed(reason)
