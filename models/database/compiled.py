"""Statements that are compiled once, for `Database.fetch_rows`, which calls the driver."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Float
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import Executable

#: Converts a value for the driver, or from it.
Processor = Callable[[Any], Any]


@dataclass(frozen=True)
class CompiledStatement:
    """A compiled statement. Its parameters are bound by name."""

    sql: str
    #: The names of the parameters in their order.
    names: tuple[str, ...]
    #: The values that are part of the statement, by name.
    constants: Mapping[str, Any]
    #: What makes the values of parameters ones for the driver.
    processors: Mapping[str, Processor]

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the driver's parameters, from the values of the late ones."""
        constants, processors = self.constants, self.processors
        found = []
        for name in self.names:
            if name in constants:
                found.append(constants[name])
            elif name in processors:
                found.append(processors[name](values[name]))
            else:
                found.append(values[name])
        return found


def compile_statement(
    statement: Executable, dialect: Dialect, late: Collection[str], raw_prefix: str | None = None
) -> CompiledStatement:
    """Compile a statement whose parameters with the names in `late` are bound late.

    So are those whose names begin with `raw_prefix`; their values are the driver's already.
    """
    compiled = cast("SQLCompiler", cast("Any", statement).compile(dialect=dialect))
    state = compiled.construct_expanded_state()
    processors: dict[str, Any] = {**compiled._bind_processors, **state.processors}
    names = tuple(state.positiontup or ())
    constants, needed = {}, {}
    for name in names:
        if raw_prefix is not None and name.startswith(raw_prefix):
            continue
        processor = processors.get(name)
        if name in late:
            if processor is not None:
                needed[name] = processor
            continue
        value = state.parameters[name]
        constants[name] = value if processor is None else processor(value)
    return CompiledStatement(state.statement, names, constants, needed)


def result_processor(type_: Any, dialect: Dialect) -> Processor | None:
    """Return what makes a driver's value one that SQLAlchemy would return; None if it is equal."""
    if isinstance(type_, Float):
        # All drivers return floats.
        return None
    processor: Processor | None = type_.dialect_impl(dialect).result_processor(dialect, None)
    return processor
