SELECT access_tokens.id, access_tokens.name, access_tokens.prefix, access_tokens.scope, access_tokens.workspace_id, access_tokens.sends_anything, access_tokens.revoked_at, access_tokens.parent_id, access_tokens.last_used_at, access_tokens.digest, access_tokens.created_at, access_tokens.expires_at, access_tokens.user_id, users.id AS id_1, users.handle, users.name AS name_1, users.email, users.avatar_url, users.disabled_at, users.created_at AS created_at_1, users.updated_at, users.version, (SELECT json_group_array(hex(memberships.workspace_id) || ? || memberships.role) AS json_group_array_1
FROM memberships
WHERE memberships.user_id = users.id AND (access_tokens.workspace_id IS NULL OR access_tokens.workspace_id = memberships.workspace_id)) AS anon_1
FROM access_tokens JOIN users ON users.id = access_tokens.user_id
WHERE access_tokens.digest = ? AND (access_tokens.expires_at IS NULL OR access_tokens.expires_at > ?) AND access_tokens.revoked_at IS NULL AND users.disabled_at IS NULL;

SELECT assignments.task_id AS parent_, users.handle AS handle
FROM users JOIN assignments ON assignments.user_id = users.id
WHERE (users.id = ? OR users.id IN (SELECT memberships_1.user_id
FROM memberships AS memberships_1
WHERE memberships_1.workspace_id = ?)) AND assignments.task_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ORDER BY users.handle ASC, users.id ASC;

SELECT labelings.task_id AS parent_, labels.name AS name
FROM labels JOIN labelings ON labelings.label_id = labels.id
WHERE labels.workspace_id = ? AND labelings.task_id IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ORDER BY labels.name ASC, labels.id ASC;

SELECT projects.id AS id, projects."key" AS "key"
FROM projects
WHERE projects.workspace_id = ? AND projects.id IN (?, ?, ?, ?, ?, ?, ?, ?);

SELECT states.id AS id, states.name AS name
FROM states
WHERE states.workspace_id = ? AND states.id IN (?, ?, ?, ?);

SELECT tasks.workspace_id AS parent_, tasks.number AS number, tasks.project_id AS project_id, tasks.title AS title, tasks.priority AS priority, tasks.due_on AS due_on, tasks.state_id AS state_id, tasks.id AS id
FROM tasks
WHERE tasks.workspace_id = ? AND tasks.deleted_at IS NULL AND tasks.archived_at IS NULL AND tasks.due_on < ? AND tasks.closed_at IS NULL AND tasks.workspace_id = ? AND tasks.due_on IS NOT NULL ORDER BY tasks.due_on ASC, tasks.id ASC
 LIMIT ? OFFSET ?;

SELECT workspaces.slug AS key_0, workspaces.id AS id
FROM workspaces
WHERE workspaces.id = ? AND workspaces.slug = ?;
