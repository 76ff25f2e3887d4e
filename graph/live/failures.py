"""What is logged when live changes have to be tried again."""

import logging

from models.database.driver_errors import is_timeout, is_unreachable

logger = logging.getLogger("taskloom.live")


def log_failure(message: str, error: Exception) -> None:
    """Log an error: in one line if the database does not answer, else with its traceback."""
    if is_unreachable(error) or is_timeout(error):
        logger.warning("%s: %s", message, type(error).__name__)
    else:
        logger.error(message, exc_info=error)
