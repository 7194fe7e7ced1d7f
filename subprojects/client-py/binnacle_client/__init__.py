"""Client of the Binnacle logbook server: typed requests, live events, an offline outbox."""

from .client import Binnacle
from .live import Live, LiveError
from .outbox import Outbox, OutboxEntry, OutboxFullError
from .problem import ProblemError
from .schema import LiveEvent
from .token import GetToken
from .transport import Retry

__all__ = ["Binnacle", "GetToken", "Live", "LiveError", "LiveEvent", "Outbox", "OutboxEntry", "OutboxFullError",
           "ProblemError", "Retry"]
