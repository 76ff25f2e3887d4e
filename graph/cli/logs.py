"""The log of the server and of commands: its format and its levels."""

import logging
from typing import Any

from uvicorn.logging import AccessFormatter as UvicornAccessFormatter
from uvicorn.logging import DefaultFormatter

from graph.http.printable import printable_lines


class LogFormatter(DefaultFormatter):
    """Formats an entry without control characters, with all lines but the first indented.

    So no text in a message or in a traceback can pass for an entry of its own.
    """

    def format(self, record: logging.LogRecord) -> str:
        return _as_entry(super().format(record))


class AccessFormatter(UvicornAccessFormatter):
    """Formats an entry for a request as `LogFormatter` formats other entries."""

    def format(self, record: logging.LogRecord) -> str:
        return _as_entry(super().format(record))


def log_config(level: str) -> dict[str, Any]:
    """Return the configuration of all logs, with the minimum level of Taskloom's and uvicorn's.

    Other libraries log warnings and errors.
    """
    # Colors would be escaped like other control characters.
    formatters = {
        "default": {
            "()": f"{__name__}.LogFormatter",
            "fmt": "%(levelprefix)s %(message)s",
            "use_colors": False,
        },
        "access": {
            "()": f"{__name__}.AccessFormatter",
            "fmt": '%(levelprefix)s %(client_addr)s - "%(request_line)s" %(status_code)s',
            "use_colors": False,
        },
    }
    handlers = {
        name: {"class": "logging.StreamHandler", "formatter": name, "stream": f"ext://sys.{stream}"}
        for name, stream in (("default", "stderr"), ("access", "stdout"))
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": formatters,
        "handlers": handlers,
        "root": {"handlers": ["default"], "level": "WARNING"},
        "loggers": {
            "taskloom": {"level": level.upper()},
            "uvicorn": {"level": level.upper()},
            "uvicorn.access": {"handlers": ["access"], "propagate": False},
        },
    }


def _as_entry(text: str) -> str:
    return printable_lines(text).replace("\n", "\n    ")
