"""Sentences where what they count is one: code -> the parameter that counts, and the sentence."""

ONE: dict[str, tuple[str, str]] = {
    "all-ready": ("pods", "Its %(pods)s pod runs what was applied and is ready."),
    "workload-ready": ("pods", "The %(pods)s pod of %(workload)s runs what was applied and is ready."),
    "pods-not-updated": ("wanted", "%(workload)s: %(done)s of %(wanted)s pod is started anew."),
    "pod-failing": (
        "restarts",
        "%(workload)s: pod %(pod)s fails (%(waiting)s, restarted %(restarts)s time). %(message)s",
    ),
    "job-runs": ("wanted", "Job %(name)s runs: %(done)s of %(wanted)s pod has succeeded."),
    "autoscaler-below": (
        "wanted",
        "The autoscaler %(name)s asks for %(done)s of at least %(wanted)s pod so far.",
    ),
}
