"""The steps: one file per kind, named after it. An act sees a context, a check sees a view, never a model.

Acts offer `act(context) -> Outcome`; checks offer `look(view) -> Answer`.
"""

from importlib import import_module

from releases.core.answers import Answer

from .context import Outcome, StepContext
from .view import StepView


def act(kind: str, context: StepContext) -> Outcome:
    """Carry out the act `kind`. May be called again for the same context."""
    outcome: Outcome = import_module(f"{__name__}.{kind}").act(context)
    return outcome


def look(kind: str, view: StepView) -> Answer:
    """What the check `kind` says of `view`. No I/O."""
    answer: Answer = import_module(f"{__name__}.{kind}").look(view)
    return answer
