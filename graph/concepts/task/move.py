"""Moving a task on the board."""

import models
from graph.concepts.task.inputs import TaskMoveInput
from graph.concepts.task.ranks import rank_beside
from graph.kit.writing.locks import FOR_UPDATE
from graph.kit.writing.mutation import Input
from graph.kit.writing.payload import UserErrorCode
from graph.kit.writing.write import ID_PATH, INPUT_PATH, Write
from graph.rules.trash import reject_if_in_trash


async def task_move(write: Write, input: Input[TaskMoveInput]) -> models.Task:
    """Moves a task between two neighbors on the board. The server sets the rank."""
    neighbor_ids = {"afterId": input.after_id, "beforeId": input.before_id}
    neighbor_keys = {
        name: key
        for name, value in neighbor_ids.items()
        if value is not None and (key := write.parse_id(models.Task, value, (*INPUT_PATH, name)))
    }
    key = write.parse_id(models.Task, input.id, ID_PATH)
    write.raise_errors()
    assert key is not None
    # The neighbors are locked too, in one order: concurrent moves next to them wait.
    keys = [key, *neighbor_keys.values()]
    locked = await write.get_many(models.Task, keys, lock=FOR_UPDATE)
    task = await write.get(models.Task, input.id, ID_PATH)
    reject_if_in_trash(write.user_errors, task, ID_PATH)
    in_workspace = models.State.workspace_id == task.workspace_id
    state_path = (*INPUT_PATH, "stateId")
    state = await write.get_reference(models.State, input.state_id, state_path, in_workspace)
    state_id = task.state_id if state is None else state.id
    neighbors = {}
    for name, other in neighbor_keys.items():
        neighbor = locked.get(other)
        if neighbor is None or neighbor.workspace_id != task.workspace_id or other == key:
            message = "There is no such other task in the workspace."
            write.add_error(UserErrorCode.NOT_FOUND, (*INPUT_PATH, name), message)
        elif neighbor.state_id != state_id:
            message = "This task is in another column now. Reload the board."
            write.add_error(UserErrorCode.CONFLICT, (*INPUT_PATH, name), message)
        else:
            neighbors[name] = neighbor
    low, high = neighbors.get("afterId"), neighbors.get("beforeId")
    if low is not None and high is not None and (high.rank, high.id) <= (low.rank, low.id):
        message = "This task comes before the task of afterId now. Reload the board."
        write.add_error(UserErrorCode.CONFLICT, (*INPUT_PATH, "beforeId"), message)
    write.raise_errors()
    rank = await rank_beside(write, task, state_id, low or high, after=low is not None)
    if state is not None and state.id != task.state_id:
        task.move_to_state(state, write.now)
    return write.update(task, {"rank": rank})
