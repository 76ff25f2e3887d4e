"""Completes and orders the operations of a generated migration, so that it runs on every database.

Alembic does not compare CHECK constraints. Nor does it know the order that MariaDB requires, which
refuses to drop an index that a foreign key uses, or a column that a CHECK constraint uses.
"""

from collections.abc import Container, Iterable, Iterator
from typing import Any

from alembic.operations import ops
from sqlalchemy import CheckConstraint, Column, Connection, Enum, MetaData, Table, inspect
from sqlalchemy.sql.elements import conv
from sqlalchemy.types import TypeEngine

#: The CHECK constraints of each table: their conditions by name.
Checks = dict[str, dict[str, str]]


class MigrationError(Exception):
    """No migration was generated; the message says why."""


class SchemaChange:
    """The change from the schema of the newest migration to the schema of the models."""

    def __init__(self, before: Checks, after: Checks) -> None:
        self.before = before
        self.after = after

    def complete(self, context: object, revision: object, directives: list[Any]) -> None:
        """Complete the upgrade and derive the downgrade; clear `directives` if nothing changed.

        Alembic calls this hook before it writes the migration.
        """
        [script] = directives
        upgrade: ops.UpgradeOps = script.upgrade_ops
        for table in sorted(self.before.keys() & self.after.keys()):
            self._add_checks(upgrade, table)
        if upgrade.is_empty():
            directives.clear()
            return
        for operation in upgrade.ops:
            if isinstance(operation, ops.ModifyTableOps):
                operation.ops = ordered(map(_checked_column, operation.ops))
        upgrade.reverse_into(script.downgrade_ops)
        for container in (upgrade, script.downgrade_ops):
            container.ops = list(simplified(container.ops))

    def _add_checks(self, upgrade: ops.UpgradeOps, table: str) -> None:
        before, after = self.before[table], self.after[table]
        names = sorted(name for name in before | after if before.get(name) != after.get(name))
        changes: list[ops.MigrateOperation] = [
            ops.DropConstraintOp.from_constraint(_check(table, name, before[name]))
            for name in names
            if name in before
        ]
        changes += [
            ops.AddConstraintOp.from_constraint(_check(table, name, after[name]))
            for name in names
            if name in after
        ]
        if not changes:
            return
        for operation in upgrade.ops:
            if isinstance(operation, ops.ModifyTableOps) and operation.table_name == table:
                operation.ops += changes
                return
        upgrade.ops.append(ops.ModifyTableOps(table, changes))


def checks_of(connection: Connection) -> Checks:
    """Return the CHECK constraints of a database."""
    inspector = inspect(connection)
    return {
        table: {
            str(check["name"]): check["sqltext"]
            for check in inspector.get_check_constraints(table)
            if check["name"]
        }
        for table in inspector.get_table_names()
    }


def without_check(column_type: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return an enum type without its CHECK constraint, and any other type unchanged."""
    if not isinstance(column_type, Enum) or not column_type.create_constraint:
        return column_type
    return Enum(
        *column_type.enums, name=column_type.name, native_enum=False, length=column_type.length
    )


def ordered(operations: Iterable[ops.MigrateOperation]) -> list[ops.MigrateOperation]:
    """Sort the operations on a table so that they, and their reverse, run on every database."""
    listed = list(operations)
    created: set[Any] = {op.index_name for op in listed if isinstance(op, ops.CreateIndexOp)}
    created |= {op.to_constraint().name for op in listed if isinstance(op, ops.AddConstraintOp)}
    return sorted(listed, key=lambda op: _phase(op, created))


def _phase(operation: ops.MigrateOperation, created: Container[Any]) -> int:
    match operation:
        case ops.DropConstraintOp(constraint_type="foreignkey"):
            return 0
        case ops.DropConstraintOp(constraint_type="check"):
            return 1
        case ops.AddColumnOp():
            return 2
        case ops.AlterColumnOp():
            return 3
        case ops.DropIndexOp(index_name=name) | ops.DropConstraintOp(constraint_name=name):
            return 4 if name in created else 7
        case ops.CreateForeignKeyOp():
            return 6
        case ops.DropColumnOp():
            return 8
    return 5


def simplified(operations: list[ops.MigrateOperation]) -> Iterator[ops.MigrateOperation]:
    """Leave out indexes of dropped tables, and take changes of indexes alone out of batch mode."""
    dropped = {op.table_name for op in operations if isinstance(op, ops.DropTableOp)}
    for operation in operations:
        if not isinstance(operation, ops.ModifyTableOps):
            yield operation
        elif all(isinstance(op, ops.CreateIndexOp | ops.DropIndexOp) for op in operation.ops):
            if operation.table_name not in dropped:
                yield from operation.ops
        else:
            yield operation


def _checked_column(operation: ops.MigrateOperation) -> ops.MigrateOperation:
    """Separate the CHECK constraint of a new enum column, so that the downgrade can drop it.

    Raises a `MigrationError` for a column that cannot be added to a table that has rows.
    """
    if not isinstance(operation, ops.AddColumnOp):
        return operation
    column = operation.column
    if not column.nullable and column.server_default is None:
        raise MigrationError(
            f"{operation.table_name}.{column.name}: add a server_default, or make it nullable; "
            "the existing rows need a value"
        )
    if isinstance(column.type, Enum):
        operation.column = Column(
            column.name,
            without_check(column.type),
            nullable=column.nullable,
            server_default=getattr(column.server_default, "arg", None),
        )
    return operation


def _check(table: str, name: str, condition: str) -> CheckConstraint:
    constraint = CheckConstraint(condition, name=conv(name))
    Table(table, MetaData(), constraint)
    return constraint
